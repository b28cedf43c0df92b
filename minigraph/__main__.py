"""`python -m minigraph`."""

from minigraph.cli import run

if __name__ == "__main__":
    run()
