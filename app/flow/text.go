package flow

// Text is something to say to a person: a key of the translations, and what to fill in. An Args["Count"] of type int selects the
// plural form.
type Text struct {
	Key  string
	Args map[string]any
}

// Say returns the text of a key. Args are names and values by turns; it panics when a name is no string.
func Say(key string, args ...any) Text {
	t := Text{Key: key}
	for i := 1; i < len(args); i += 2 {
		if t.Args == nil {
			t.Args = map[string]any{}
		}
		t.Args[args[i-1].(string)] = args[i]
	}
	return t
}

// IsZero reports whether there is nothing to say.
func (t Text) IsZero() bool { return t.Key == "" }
