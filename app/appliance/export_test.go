package appliance

// WithStep returns options that tell a test how far a change of files got.
func WithStep(o Options, step func(string)) Options {
	o.step = step
	return o
}

// ParseCards reads the file cards and returns its only encoding.
func ParseCards(b []byte) ([]byte, error) {
	c, err := parseCards(b)
	if err != nil {
		return nil, err
	}
	return c.marshal(), nil
}
