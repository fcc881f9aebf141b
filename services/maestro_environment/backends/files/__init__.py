"""Files that jobs are given and leave, on the disk of the service; any kind of backend uses them."""
