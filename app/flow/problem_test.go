package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"marque/assets"
)

// Every problem has its texts, and wrapping does not hide what it is.
func TestProblemsHaveTexts(t *testing.T) {
	b, err := assets.Texts("en")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	check := func(p *Problem) {
		t.Helper()
		for _, text := range []Text{p.What, p.Why, p.Next} {
			if texts[text.Key] == nil {
				t.Errorf("no text %q", text.Key)
			}
		}
	}
	for _, k := range known {
		p := explain(fmt.Errorf("somewhere: %w", errors.Join(k.err, errors.New("and more"))), "enrol.failed")
		if p.What.Key != "problem."+k.key+".what" {
			t.Errorf("%v is explained as %s", k.err, p.What.Key)
		}
		check(p)
	}
	check(explain(&ForeignError{Seems: "a web link"}, "enrol.failed"))
	check(problem("toomany", "Most", 1))
	other := explain(errors.New("something new"), "enrol.failed")
	check(other)
	if other.Why.Args["Reason"] != "something new" {
		t.Errorf("%v", other)
	}
	if explain(nil, "") != nil {
		t.Error("no error is a problem")
	}
}
