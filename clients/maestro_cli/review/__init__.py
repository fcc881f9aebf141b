"""`maestro review`: heals that wait for a person."""
