"""What metadata means: XML in, frozen facts with lines out, one file per type.

`reader.read_facts` turns files into a FactSet; `graph` links the facts of an integration, `grants` answers who may use
it. Whoever judges, adopts or reports sees these facts and never an element tree. Unknown elements are passed over:
files of newer orgs have to be readable too (`metadata.form` is the judge of form).
"""
