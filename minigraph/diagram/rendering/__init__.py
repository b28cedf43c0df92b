"""Rendering of DOT text to images and files."""
