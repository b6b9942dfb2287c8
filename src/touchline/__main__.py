"""`python -m touchline`."""

from touchline.cli import main

main()
