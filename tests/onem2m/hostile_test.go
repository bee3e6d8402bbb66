package onem2m

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// postAll posts a sealed message and a broadcast, and checks that the CSE cannot read what is sealed.
func (f *fleet) postAll(t *testing.T, c *cse, at string) (want []string) {
	t.Helper()
	f.posted++
	sealed, open := fmt.Sprintf("a place for night %d?", f.posted), fmt.Sprintf("at stop %d", f.posted)
	f.post(t, at, parkAddress, sealed)
	f.post(t, at, "", open)
	for _, message := range c.kept() {
		if bytes.Contains(message, []byte(sealed)) {
			t.Error("the CSE can read what was sealed")
		}
	}
	return []string{busAddress + ": " + sealed, busAddress + ": " + open}
}

func TestHonest(t *testing.T) {
	for _, old := range []bool{false, true} {
		f, c := newFleet(t), &cse{old: old}
		at := c.start(t)
		if _, problems, err := f.fetch(t, at, "--latest"); err == nil || !strings.Contains(problems, "nothing is there") {
			t.Errorf("an empty container gave %v, %s", err, problems)
		}
		want := f.postAll(t, c, at)
		if got, problems, err := f.fetch(t, at, "--oldest"); err != nil || !slices.Equal(got, want[:1]) {
			t.Errorf("the oldest is %q, want %q: %v %s", got, want[:1], err, problems)
		}
		viaID := strings.Replace(at, "/"+inbox, "/~/id-in/"+inbox, 1)
		if got, problems, err := f.fetch(t, viaID); err != nil || !slices.Equal(got, want[1:]) || !strings.Contains(problems, "1 accepted, 1 received before, 0 refused") {
			t.Errorf("all the rest is %q, want %q: %v %s", got, want[1:], err, problems)
		}
		if got, problems, err := f.fetch(t, at, "--latest"); err == nil || len(got) > 0 || !strings.Contains(problems, "received before") {
			t.Errorf("the latest came again: %q, %v %s", got, err, problems)
		}
	}
}

// A CSE does what it can to messages. Nothing of it gives a second delivery, another sender or another payload.
func TestHostile(t *testing.T) {
	for _, test := range []struct {
		name  string
		twist func(stored [][]byte) [][]byte
		want  int // how many of the messages come through
	}{
		{"replays", func(s [][]byte) [][]byte { return slices.Repeat(s, 20) }, 2},
		{"reorders", func(s [][]byte) [][]byte { r := slices.Clone(s); slices.Reverse(r); return r }, 2},
		{"drops", func(s [][]byte) [][]byte { return s[1:] }, 1},
		{"alters", altered, 0},
		{"alters, then tells the truth", func(s [][]byte) [][]byte { return append(altered(s), s...) }, 2},
		{"makes up", madeUp, 0},
		{"swaps parts", swapped, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, c := newFleet(t), &cse{}
			at := c.start(t)
			want := f.postAll(t, c, at)
			c.become(test.twist, "")
			var all []string
			for range 2 { // the second fetch begins with what the first left on the disk
				got, problems, err := f.fetch(t, at)
				if err != nil {
					t.Fatalf("%v\n%s", err, problems)
				}
				all = append(all, got...)
			}
			for _, g := range all {
				if !slices.Contains(want, g) {
					t.Errorf("accepted %q, which nobody sent", g)
				}
			}
			if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) || len(all) != test.want {
				t.Errorf("accepted %q, want %d", all, test.want)
			}
		})
	}
}

// altered changes one bit of every octet of the broadcast, of every eighth octet of the cold message, whose pairings take longer, and cuts
// and lengthens both.
func altered(stored [][]byte) (out [][]byte) {
	for k, message := range stored {
		step := []int{8, 1}[k]
		for i := 0; i < len(message); i += step {
			b := slices.Clone(message)
			b[i] ^= 1 << (i % 8)
			out = append(out, b)
		}
		out = append(out, message[:len(message)-1], message[1:], append(slices.Clone(message), 0))
	}
	return out
}

// madeUp are messages that nobody sent, among them a broadcast under the name of the parking itself.
func madeUp(stored [][]byte) [][]byte {
	renamed := bytes.Replace(stored[1], []byte("bus-4711~0"), []byte("tram-471~2"), 1)
	own := bytes.Replace(stored[1], []byte("Sbus-4711~0"), []byte("Sparking~1"), 1)
	return [][]byte{{}, {0x11}, {0x13}, {0x14}, {0xff}, renamed, own, []byte("at stop 7"), bytes.Repeat([]byte{0x11}, 66_560)}
}

// swapped puts the head of one message before the tail of the other, at every place.
func swapped(stored [][]byte) (out [][]byte) {
	for i := 1; i < min(len(stored[0]), len(stored[1])); i += 4 {
		out = append(out, append(slices.Clone(stored[0][:i]), stored[1][i:]...), append(slices.Clone(stored[1][:i]), stored[0][i:]...))
	}
	return out
}

// A server that is no CSE at all costs an error within its bounds, and what it sent is not repeated.
func TestNoCSE(t *testing.T) {
	const shout = "look at me"
	f := newFleet(t)
	for name, serve := range map[string]http.HandlerFunc{
		"no JSON":         func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, shout) },
		"an array":        func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `["`+shout+`"]`) },
		"an empty object": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"`+shout+`":{}}`) },
		"deep nesting":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(`{"a":`, 100_000)) },
		"no Base64":       func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"m2m:cin":{"con":"`+shout+`!"}}`) },
		"a number":        func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"m2m:cin":{"con":17}}`) },
		"another request": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-M2M-RI", shout); fmt.Fprint(w, `{}`) },
		"another path":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+shout, http.StatusFound) },
		"a status of its own": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-M2M-RSC", shout)
			w.WriteHeader(http.StatusTeapot)
		},
		"without an end": func(w http.ResponseWriter, _ *http.Request) {
			for b := []byte(strings.Repeat(" ", 1<<16)); ; {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		},
		"endless headers": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			for err == nil {
				_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X-A: "+shout+"\r\n", 1000))
			}
			conn.Close()
		},
		"a hang-up": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(serve)
			defer s.Close()
			got, problems, err := f.fetch(t, s.URL+"/"+inbox, "--latest")
			if err == nil || len(got) > 0 {
				t.Errorf("accepted %q", got)
			}
			if strings.Contains(problems, shout) || !strings.Contains(problems, "next:") {
				t.Errorf("it says %s", problems)
			}
		})
	}
}
