"""The screens of this room; a file a screen."""
