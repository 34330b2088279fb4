"""What the screens show beyond plain controls: small widgets with a script in the browser."""
