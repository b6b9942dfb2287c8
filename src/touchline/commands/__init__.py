"""The commands of the command line, a module for each family; `touchline.cli` loads the one that is asked for."""
