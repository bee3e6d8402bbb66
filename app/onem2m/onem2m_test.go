package onem2m_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"marque/app/onem2m"
)

func TestContainers(t *testing.T) {
	for container, ok := range map[string]bool{
		"http://cse.example/cse-in/inbox":                               true,
		"http://[::1]:8080/~/id-in/cse-in/parking/inbox":                true,
		"http://127.0.0.1:8080/_/sp.example/id-in/cse-in/inbox":         true,
		"mqtt://broker.example/~/id-in/cse-in/inbox":                    true,
		"mqtt://broker.example:1884/_/sp.example/id-in/cse-in/inbox":    true,
		"mqtt://broker.example/cse-in/inbox":                            false, // no CSE-ID, so no topic
		"mqtt://broker.example/~/id-in":                                 false,
		"mqtt://broker.example/~/+/inbox":                               false,
		"mqtt://broker.example/~/id%2Fin/inbox":                         false,
		"https://cse.example/cse-in/inbox":                              false,
		"http://cse.example":                                            false,
		"http://cse.example/":                                           false,
		"http://cse.example//cse-in/inbox":                              false,
		"http://cse.example/~//cse-in/inbox":                            false,
		"http://cse.example/cse-in//inbox":                              false,
		"http://cse.example/cse-in/inbox/":                              false,
		"http://cse.example/cse-in/../inbox":                            false,
		"http://cse.example/cse-in/inbox?fu=1":                          false,
		"http://cse.example/cse-in/inbox#":                              false,
		"http://user:secret@cse.example/cse-in/inbox":                   false,
		"http://cse.example/cse-in/in box":                              false,
		"http://cse.example/cse-in/in%0D%0Abox":                         false,
		"http:///cse-in/inbox":                                          false,
		"cse.example/inbox":                                             false,
		"":                                                              false,
		"http://cse.example/" + strings.Repeat("a", 1100):               false,
		"http://cse.example/" + strings.Repeat("a/", 100) + "container": true,
	} {
		_, err := onem2m.New(onem2m.Options{Container: container, Originator: "Cbus"})
		if ok != (err == nil) || err != nil && !errors.Is(err, onem2m.ErrTarget) {
			t.Errorf("%q: %v", container, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []onem2m.Options{
		{},
		{Originator: "C\r\nX-M2M-Origin: Sadmin"},
		{Originator: "C+"},
		{Originator: "C#"},
		{Originator: strings.Repeat("C", 257)},
		{Originator: "Cbus", Release: "3\r\n"},
		{Originator: "Cbus", User: "a\nb"},
		{Originator: "Cbus", User: "a", Password: strings.Repeat("b", 1025)},
	} {
		o.Container = "http://cse.example/cse-in/inbox"
		if _, err := onem2m.New(o); !errors.Is(err, onem2m.ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// client returns a client of a server that gives one answer.
func client(t *testing.T, header map[string]string, status int, body string) *onem2m.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c, err := onem2m.New(onem2m.Options{Container: s.URL + "/~/id-in/cse-in/inbox", Originator: "Cbus"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// CSEs write the same in many ways.
func TestLenient(t *testing.T) {
	for name, test := range map[string]struct {
		header map[string]string
		status int
		body   string
	}{
		"as the standard says": {map[string]string{"X-M2M-RSC": "2000"}, 200, `{"m2m:cin":{"ty":4,"ri":"a","con":"+/8="}}`},
		"a fraction":           {map[string]string{"X-M2M-RSC": "2000.0"}, 200, `{"m2m:cin":{"ty":4.0,"st":"2.0","ri":"a","con":"+/8="}}`},
		"no status":            {nil, 200, `{"m2m:cin":{"ri":"a","con":"+/8="}}`},
		"no padding":           {nil, 200, `{"m2m:cin":{"ri":"a","con":"+/8"}}`},
		"the other alphabet":   {nil, 200, `{"m2m:cin":{"ri":"a","con":"-_8"}}`},
		"escaped":              {nil, 200, `{"m2m:cin":{"ri":"a","con":"+\/8=\r\n"}}`},
		"no prefix":            {nil, 200, `{"cin":{"ri":"a","con":"+/8="}}`},
		"its own status":       {map[string]string{"X-M2M-RSC": "2000"}, 500, `{"m2m:cin":{"ri":"a","con":"+/8="}}`},
	} {
		i, err := client(t, test.header, test.status, test.body).Latest(t.Context())
		if err != nil || i.ID != "a" || string(i.Message) != "\xfb\xff" {
			t.Errorf("%s: %+v, %v", name, i, err)
		}
	}
	for body, want := range map[string][]string{
		`{"m2m:uril":["cse-in/inbox/a","/id-in/cse-in/inbox/b","//sp.example/id-in/c"]}`: {"/id-in/cse-in/inbox/a", "/id-in/cse-in/inbox/b", "//sp.example/id-in/c"},
		`{"m2m:uril":"a b  a"}`:                         {"/id-in/a", "/id-in/b"},
		`{"uril":["a",7,null,{},"","b c","../d","e/"]}`: {"/id-in/a", "/id-in/7"},
		`{"m2m:uril":[]}`:                               nil,
		`{}`:                                            nil,
	} {
		ids, err := client(t, nil, 200, body).List(t.Context())
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %q, %v", body, ids, err)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		rsc    string
		status int
		want   error
	}{
		{"4004", 200, onem2m.ErrNothing},
		{"4004.0", 404, onem2m.ErrNothing},
		{"", 404, onem2m.ErrNothing},
		{"4103", 403, onem2m.ErrDenied},
		{"", 401, onem2m.ErrDenied},
		{"4000", 200, onem2m.ErrRefused},
		{"5207", 501, onem2m.ErrRefused},
		{"2.5", 302, onem2m.ErrRefused},
		{"1e99", 500, onem2m.ErrRefused},
	} {
		_, err := client(t, map[string]string{"X-M2M-RSC": test.rsc}, test.status, `{"m2m:cin":{"con":"EQ=="}}`).Latest(t.Context())
		if !errors.Is(err, test.want) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// One request of each binding ends with its context, whatever the other side does.
func TestSilence(t *testing.T) {
	for _, scheme := range []string{"http", "mqtt"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 1)) // the request begins
			cancel()
			<-t.Context().Done()
		}()
		c, err := onem2m.New(onem2m.Options{Container: scheme + "://" + l.Addr().String() + "/~/id-in/cse-in/inbox", Originator: "Cbus"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Post(ctx, []byte("a message")); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", scheme, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTooLong(t *testing.T) {
	c := client(t, nil, 201, `{}`)
	if _, err := c.Post(t.Context(), make([]byte, onem2m.MaxMessage+1)); !errors.Is(err, onem2m.ErrTooLong) {
		t.Error(err)
	}
	if id, err := c.Post(t.Context(), make([]byte, onem2m.MaxMessage)); err != nil || id != "" {
		t.Error(id, err)
	}
}
