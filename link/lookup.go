package link

// FunctionsNamed are the component's own functions of a full name.
func (m *Module) FunctionsNamed(full string) []Node {
	if full == "" {
		return nil
	}
	return m.functions(full)
}

// GlobalNode is the one thing that stands behind a full name, the zero Node if there is none.
func (m *Module) GlobalNode(full string) Node {
	if full == "" {
		return Node{}
	}
	return m.globalNode(full)
}
