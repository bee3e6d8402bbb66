package scan

// Result is a text or why there is none.
type Result struct {
	Text string
	Err  error
}

// Feed returns what a source makes of octets that its device says, without the waits between texts.
func Feed(kind Kind, octets []byte) (out []Result) {
	var l line
	feed := new(keyboard).feed
	if kind == Serial {
		feed = port{}.feed
	}
	for len(octets) > 0 {
		n := min(len(octets), 100)
		feed(octets[:n], &l)
		octets = octets[n:]
		for r, ok := l.take(); ok; r, ok = l.take() {
			out = append(out, Result{r.text, r.err})
		}
	}
	l.cut()
	if r, ok := l.take(); ok {
		out = append(out, Result{r.text, r.err})
	}
	return out
}
