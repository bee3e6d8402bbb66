package onem2m

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// target is a container on a CSE.
type target struct {
	mqtt bool
	host string // with port
	id   string // of the container: cse-in/a (CSE-relative), /id-in/cse-in/a (SP-relative) or //sp.example/id-in/cse-in/a (absolute)
	cse  string // CSE-ID; empty in the CSE-relative form
	root string // what stands before CSE-relative identifiers of this CSE: "/id-in/", "//sp.example/id-in/", or nothing
}

// parseTarget reads the address of a container. The oneM2M HTTP binding writes /~/ for SP-relative and /_/ for absolute identifiers.
func parseTarget(s string) (*target, error) {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxID || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.RawPath != "" ||
		strings.HasSuffix(s, "#") || u.Hostname() == "" {
		return nil, ErrTarget
	}
	t := &target{}
	port := u.Port()
	switch u.Scheme {
	case "http":
		port = or(port, "80")
	case "mqtt":
		t.mqtt, port = true, or(port, "1883")
	default:
		return nil, ErrTarget
	}
	t.host = net.JoinHostPort(u.Hostname(), port)
	path := strings.TrimPrefix(u.Path, "/")
	segments := strings.Split(path, "/")
	switch {
	case slices.Contains(segments, ""): // a second slash would make another form of identifier
		return nil, ErrTarget
	case segments[0] == "~" && len(segments) > 2:
		t.id, t.cse, t.root = "/"+path[len("~/"):], segments[1], "/"+segments[1]+"/"
	case segments[0] == "_" && len(segments) > 3:
		t.id, t.cse, t.root = "//"+path[len("_/"):], segments[2], "//"+segments[1]+"/"+segments[2]+"/"
	default:
		t.id = path
	}
	if !validID(t.id) || t.mqtt && t.cse == "" {
		return nil, ErrTarget
	}
	return t, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// validID says whether s is a resource identifier: segments of RFC 3986 unreserved characters, up to two slashes before them.
func validID(s string) bool {
	if len(s) > maxID {
		return false
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "/"), "/")
	for segment := range strings.SplitSeq(s, "/") {
		if !usable(segment, maxID, "") || segment == "." || segment == ".." || segment == "~" || segment == "_" {
			return false
		}
	}
	return true
}

// usable says whether s consists of 1 to most unreserved characters and those of extra.
func usable(s string, most int, extra string) bool {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	return s != "" && len(s) <= most && strings.Trim(s, unreserved+extra) == ""
}

// path is how the HTTP binding writes an identifier.
func path(id string) string {
	switch {
	case strings.HasPrefix(id, "//"):
		return "/_/" + id[2:]
	case strings.HasPrefix(id, "/"):
		return "/~/" + id[1:]
	}
	return "/" + id
}
