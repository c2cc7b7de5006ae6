"""Commands of ``mirage``, one module each; a module's ``add`` puts its command into the application."""
