package onem2m

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// cse is a CSE with one container, inbox. What it stores, twist may do anything with before it is given out.
type cse struct {
	mu     sync.Mutex
	stored [][]byte
	twist  func(stored [][]byte) [][]byte
	lie    string // what an MQTT response begins with, %s being the identifier of the request
	old    bool   // writes numbers as others do, wraps answers, and prefixes names
}

// become changes what the CSE does from now on.
func (c *cse) become(twist func(stored [][]byte) [][]byte, lie string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.twist, c.lie = twist, lie
}

// kept returns what was posted.
func (c *cse) kept() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stored
}

const inbox = "cse-in/parking/inbox"

// answer does what a request asks for and returns the status and the content.
func (c *cse) answer(create bool, to string, discover bool, body map[string]any) (int, any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to = strings.TrimPrefix(to, "/id-in/")
	if create {
		cin, _ := body["m2m:cin"].(map[string]any)
		con, _ := cin["con"].(string)
		message, err := base64.StdEncoding.DecodeString(con)
		if to != inbox || err != nil || len(message) == 0 || cin["cnf"] != "application/octet-stream:2" {
			return 4000, nil
		}
		c.stored = append(c.stored, message)
		return 2001, map[string]any{"m2m:cin": c.instance(len(c.stored)-1, message)}
	}
	given := c.stored
	if c.twist != nil {
		given = c.twist(c.stored)
	}
	if discover {
		names := []string{}
		for i := range given {
			names = append(names, fmt.Sprintf("%s/cin-%d", inbox, i))
		}
		if c.old {
			return 2000, map[string]any{"m2m:uril": strings.Join(names, " ")}
		}
		return 2000, map[string]any{"m2m:uril": names}
	}
	i := -1
	switch rest := strings.TrimPrefix(to, inbox+"/"); rest {
	case "la":
		i = len(given) - 1
	case "ol":
		i = 0
	default:
		if _, err := fmt.Sscanf(rest, "cin-%d", &i); err != nil {
			return 4004, nil
		}
	}
	if i < 0 || i >= len(given) {
		return 4004, nil
	}
	return 2000, map[string]any{"m2m:cin": c.instance(i, given[i])}
}

func (c *cse) instance(i int, message []byte) map[string]any {
	cin := map[string]any{"ty": 4, "ri": fmt.Sprintf("r%d", i), "rn": fmt.Sprintf("cin-%d", i), "con": base64.StdEncoding.EncodeToString(message), "cs": 1.0}
	if c.old {
		cin["ty"], cin["st"] = json.RawMessage("4.0"), "7"
		cin["con"] = base64.RawURLEncoding.EncodeToString(message)
	}
	return cin
}

// status writes a status code.
func (c *cse) status(n int) string {
	if c.old {
		return fmt.Sprintf("%d.0", n)
	}
	return fmt.Sprint(n)
}

// ServeHTTP speaks the HTTP binding, and answers nothing that is not a request as TS-0009 wants it.
func (c *cse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := strings.Replace(r.URL.Path, "/~/", "//", 1)[1:]
	var body map[string]any
	b, _ := io.ReadAll(r.Body)
	create := r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/json;ty=4" && json.Unmarshal(b, &body) == nil
	retrieve := r.Method == http.MethodGet && r.Header.Get("Accept") == "application/json"
	if !create && !retrieve || r.Header.Get("X-M2M-RVI") != "3" || r.Header.Get("X-M2M-RI") == "" || !strings.HasPrefix(r.Header.Get("X-M2M-Origin"), "C") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status, content := c.answer(create, to, r.URL.RawQuery == "fu=1&ty=4&lim=1024", body)
	w.Header().Set("X-M2M-RSC", c.status(status))
	if !c.old {
		w.Header().Set("X-M2M-RI", r.Header.Get("X-M2M-RI"))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(map[int]int{2000: 200, 2001: 201, 4000: 400, 4004: 404}[status])
	if content != nil {
		_ = json.NewEncoder(w).Encode(content)
	}
}

// start serves the CSE over HTTP and returns the address of the container.
func (c *cse) start(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return s.URL + "/" + inbox
}
