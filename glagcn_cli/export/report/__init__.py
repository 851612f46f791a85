"""One page a person: cycles, figures and what the clip cannot tell, as .html and .pdf."""
