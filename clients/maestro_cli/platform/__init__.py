"""Starting, finding and ending the services of this machine."""
