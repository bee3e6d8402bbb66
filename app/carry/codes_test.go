package carry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"marque/app/carry"
	"marque/app/qr"
	"marque/device/wire"
)

// request is what a request looks like from outside; nothing in it holds.
func request(n int) carry.Payload {
	return carry.Payload{Found: wire.FoundRequest, Content: append([]byte{0x88, 0x01}, noise(n)...)}
}

func noise(n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(b)
	return b
}

// series returns the texts of a payload's codes.
func series(t *testing.T, p carry.Payload, look carry.Look) (texts []string, needed int) {
	t.Helper()
	c, err := carry.CodesOf(p, look)
	must(t, err)
	for i := range c.Parts {
		texts = append(texts, c.Text(i))
	}
	return texts, c.Needed()
}

func TestCodesFitTheWindow(t *testing.T) {
	p := request(2000)
	for _, w := range []carry.Window{{}, {200, 60}, {100, 40}, {80, 24}} {
		c, err := carry.Fit(p, carry.Look{}, w)
		must(t, err)
		var out strings.Builder
		c.Look.PerSecond = qr.MaxPerSecond
		ended, cancel := context.WithCancel(t.Context())
		cancel() // after the first
		must(t, c.Show(ended, &out, w, 1))
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		width := len([]rune(strings.NewReplacer("\x1b[30;107m", "", "\x1b[0m", "", "\x1b[H", "", "\x1b[J", "").Replace(lines[1])))
		if w.Columns > 0 && (width > w.Columns || len(lines) > w.Rows) {
			t.Errorf("%+v: %d columns and %d rows with %d octets in a code", w, width, len(lines), c.Look.Octets)
		}
	}
	for _, test := range []struct {
		p    carry.Payload
		look carry.Look
		w    carry.Window
	}{
		{p, carry.Look{}, carry.Window{Columns: 30, Rows: 10}},
		{p, carry.Look{Octets: 200}, carry.Window{Columns: 80, Rows: 24}},
		{request(60_000), carry.Look{}, carry.Window{Columns: 80, Rows: 24}}, // more codes than there can be
	} {
		if _, err := carry.Fit(test.p, test.look, test.w); !errors.Is(err, carry.ErrNarrow) {
			t.Errorf("%+v: %v", test.w, err)
		}
	}
}

func TestLongestList(t *testing.T) {
	p := request(qr.MaxPayload - 2)
	texts, needed := series(t, p, carry.Look{})
	j, err := carry.NewJoin("")
	must(t, err)
	for i, text := range texts[len(texts)-needed:] {
		n, err := j.Add(text)
		must(t, err)
		if n.Err != nil || (n.Payload != nil) != (i == needed-1) {
			t.Fatalf("part %d of %d: %+v", i+1, needed, n)
		}
		if n.Payload != nil && !bytes.Equal(n.Payload.Content, p.Content) {
			t.Fatal("another payload")
		}
	}
}

// Two series at once, over a restart after every code, with foreign ones in between.
func TestJoinOverRestarts(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	a, b := request(1000), request(700)
	look := carry.Look{Octets: 100, Spare: -1}
	textsA, _ := series(t, a, look)
	textsB, _ := series(t, b, look)
	var got []*carry.Payload
	for i := range max(len(textsA), len(textsB)) {
		for _, texts := range [][]string{textsA, {"https://example.com/", strings.ToLower(textsA[0])}, textsB} {
			j, err := carry.NewJoin(state)
			must(t, err)
			for _, text := range texts[min(i, len(texts)-1):min(i+1, len(texts))] {
				n, err := j.Add(text)
				must(t, err)
				if n.Payload != nil {
					got = append(got, n.Payload)
				}
				if strings.HasPrefix(text, "https") && !errors.Is(n.Err, carry.ErrCode) {
					t.Errorf("a foreign code: %v", n.Err)
				}
			}
			must(t, j.Close())
			cut(t, state)
		}
	}
	if len(got) != 2 || !bytes.Equal(got[0].Content, b.Content) || !bytes.Equal(got[1].Content, a.Content) {
		t.Errorf("%d payloads", len(got))
	}
}

// cut leaves the beginning of a part at the end of the file, as after a crash.
func cut(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	must(t, err)
	_, err = io.WriteString(f, "MQ1PABCDEF")
	must(t, errors.Join(err, f.Close()))
}

func TestSeriesInDisguise(t *testing.T) {
	s, err := qr.Split('L', request(100).Content, qr.DefaultDensity())
	must(t, err)
	j, err := carry.NewJoin("")
	must(t, err)
	if n, err := j.Add(s.Text(0)); err != nil || !errors.Is(n.Err, carry.ErrDisguised) || n.Payload != nil {
		t.Errorf("a request that says it is a list: %+v, %v", n, err)
	}
}

func FuzzJoin(f *testing.F) {
	p := request(150)
	c, err := carry.CodesOf(p, carry.Look{Octets: 100})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Text(0) + "\n" + c.Text(1))
	f.Add("https://example.com/\nMQ1R\nMQ1PAAAA")
	f.Fuzz(func(t *testing.T, lines string) {
		j, err := carry.NewJoin("")
		must(t, err)
		source := carry.Lines(strings.NewReader(lines))
		_ = j.Texts(t.Context(), source, func(error) bool { return false }, func(n carry.News) bool {
			if n.Payload == nil {
				return true
			}
			back, err := carry.Recognise(n.Payload.Content)
			if err != nil || back.Found != n.Payload.Found {
				t.Errorf("a %s is put together that is none: %v", n.Payload.Found, err)
			}
			return true
		})
	})
}
