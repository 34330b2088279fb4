"""The six screens of the designer, a module each."""
