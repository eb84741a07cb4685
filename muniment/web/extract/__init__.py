"""A title on paper: an extract of the register that carries what it says in a form that machines read, too."""
