"""`python -m maestro_cli`."""

from maestro_cli.main import main

main()
