"""Settings of JupyterLab when it is started in this folder."""

c = get_config()  # noqa: F821 - Jupyter defines it

# In a container root is often the only user. The server still listens on this
# machine alone and asks for its token.
c.ServerApp.allow_root = True
