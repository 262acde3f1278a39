"""The screens of Settings, Fields and layouts."""
