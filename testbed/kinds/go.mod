module bulkhead.dev/testbed/kinds

// Each Kubernetes version has a module file of its own in mod/; see main.go. Command pack needs none.
go 1.24.0
