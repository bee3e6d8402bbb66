package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"marque/device/wire"
)

func TestParseAddress(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, c := range []struct {
		in              string
		spID, cse, name string
		serial          uint32
	}{
		{"//fleet.example/Sbus-4711~17", "fleet.example", "", "bus-4711", 17},
		{"//fleet.example/cse1/Cmeter~18", "fleet.example", "cse1", "meter", 18},
		{"//a/Sb~0", "a", "", "b", 0},
		{"//x-1.9/Sa~4294967295", "x-1.9", "", "a", math.MaxUint32},
		{"//fleet.example/.../C.._-~1", "fleet.example", "...", ".._-", 1},
		{"//fleet.example/S/CS~1", "fleet.example", "S", "S", 1},
		{"//fleet.example/S" + strings.Repeat("n", 48) + "~1", "fleet.example", "", strings.Repeat("n", 48), 1},
		{"//" + long + "." + long + "/" + strings.Repeat("c", 120) + "/Ca~1", long + "." + long, strings.Repeat("c", 120), "a", 1},
	} {
		a, err := wire.ParseAddress(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if a.String() != c.in || a.SPID() != c.spID || a.CSE() != c.cse || a.Name() != c.name || a.Serial() != c.serial {
			t.Errorf("%s: %q %q %q %d", c.in, a.SPID(), a.CSE(), a.Name(), a.Serial())
		}
		if b := must(wire.NewAddress(c.spID, c.cse, c.name, c.serial))(t); a != b {
			t.Errorf("%s: joined again as %s", c.in, b)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	label := strings.Repeat("a", 64)
	for what, in := range map[string]string{
		"empty":                       "",
		"relative to the CSE":         "Sbus~1",
		"relative to the provider":    "/cse1/Cbus~1",
		"relative, S form":            "/Sbus~1",
		"three slashes":               "///Sbus~1",
		"no name":                     "//fleet.example",
		"no name, slash":              "//fleet.example/",
		"only the letter":             "//fleet.example/S~1",
		"no serial":                   "//fleet.example/Sbus",
		"empty serial":                "//fleet.example/Sbus~",
		"upper-case domain":           "//Fleet.example/Sbus~1",
		"upper-case domain at end":    "//fleet.exampLe/Sbus~1",
		"umlaut":                      "//flütte.example/Sbus~1",
		"trailing dot":                "//fleet.example./Sbus~1",
		"leading dot":                 "//.example/Sbus~1",
		"two dots":                    "//fleet..example/Sbus~1",
		"leading hyphen":              "//-fleet.example/Sbus~1",
		"trailing hyphen":             "//fleet-.example/Sbus~1",
		"underscore in the domain":    "//fleet_1.example/Sbus~1",
		"port":                        "//fleet.example:80/Sbus~1",
		"user":                        "//me@fleet.example/Sbus~1",
		"label of 64":                 "//" + label + ".example/Sbus~1",
		"scheme":                      "mq://fleet.example/Sbus~1",
		"tilde in the name":           "//fleet.example/Sbus~4~1",
		"tilde in the CSE":            "//fleet.example/cse~1/Cbus~1",
		"dot as CSE":                  "//fleet.example/./Cbus~1",
		"dots as CSE":                 "//fleet.example/../Cbus~1",
		"empty CSE":                   "//fleet.example//Cbus~1",
		"S below a CSE":               "//fleet.example/cse1/Sbus~1",
		"C without a CSE":             "//fleet.example/Cbus~1",
		"small letter":                "//fleet.example/sbus~1",
		"other letter":                "//fleet.example/Xbus~1",
		"four segments":               "//fleet.example/cse1/x/Cbus~1",
		"trailing slash":              "//fleet.example/Sbus~1/",
		"percent":                     "//fleet.example/Sb%75s~1",
		"space":                       "//fleet.example/Sb us~1",
		"trailing space":              "//fleet.example/Sbus~1 ",
		"line break":                  "//fleet.example/Sbus~1\n",
		"NUL":                         "//fleet.example/Sbus\x00~1",
		"invalid UTF-8":               "//fleet.example/Sbus\xff~1",
		"non-ASCII name":              "//fleet.example/Sbüs~1",
		"fullwidth digit":             "//fleet.example/Sbus~１",
		"query":                       "//fleet.example/Sbus~1?x",
		"leading zero":                "//fleet.example/Sbus~01",
		"two zeros":                   "//fleet.example/Sbus~00",
		"plus":                        "//fleet.example/Sbus~+1",
		"minus":                       "//fleet.example/Sbus~-1",
		"minus zero":                  "//fleet.example/Sbus~-0",
		"hexadecimal":                 "//fleet.example/Sbus~0x1",
		"underscore in the number":    "//fleet.example/Sbus~1_0",
		"2^32":                        "//fleet.example/Sbus~4294967296",
		"2^64":                        "//fleet.example/Sbus~18446744073709551616",
		"name of 49":                  "//fleet.example/S" + strings.Repeat("n", 49) + "~1",
		"256 octets":                  "//fleet.example/" + strings.Repeat("c", 256-16-5) + "/Ca~1",
		"domain of 254 octets":        "//" + strings.Repeat("a.", 126) + "ab/Sa~1",
		"a character below the range": "//fleet.example/Sb@s~1",
		"a bracket":                   "//fleet.example/Sb[s~1",
		"a brace":                     "//fleet.example/Sb{s~1",
		"a grave accent":              "//fleet.example/Sb`s~1",
	} {
		a, err := wire.ParseAddress(in)
		if !isErr(err, wire.ErrAddress) || !a.IsZero() {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && in != "" && strings.Contains(err.Error(), in) {
			t.Errorf("%s: the error repeats the input", what)
		}
	}
}

func TestLongestAddress(t *testing.T) {
	at := func(n int) string { return "//fleet.example/" + strings.Repeat("c", n-16-5) + "/Ca~1" }
	if _, err := wire.ParseAddress(at(255)); err != nil {
		t.Error(err)
	}
	if _, err := wire.ParseAddress(at(256)); !isErr(err, wire.ErrTooLong) {
		t.Error(err)
	}
}

func TestZeroAddress(t *testing.T) {
	var a wire.Address
	if !a.IsZero() || a.String() != "" || a.SPID() != "" || a.CSE() != "" || a.Name() != "" || a.Serial() != 0 {
		t.Error("the zero value has parts")
	}
	if _, err := json.Marshal(a); !isErr(err, wire.ErrAddress) {
		t.Error(err)
	}
}

func TestAddressAsText(t *testing.T) {
	b := must(json.Marshal(bus(t)))(t)
	var a wire.Address
	if err := json.Unmarshal(b, &a); err != nil || a != bus(t) {
		t.Error(a, err)
	}
	if err := json.Unmarshal([]byte(`"Sbus~1"`), &a); !isErr(err, wire.ErrAddress) || a != bus(t) {
		t.Error(a, err)
	}
}

func TestNewAddressDoesNotSmuggle(t *testing.T) {
	for _, name := range []string{"a~1", "a/Cb", "../Cb", "", "a b"} {
		if a, err := wire.NewAddress("fleet.example", "", name, 1); err == nil {
			t.Errorf("%q became %s", name, a)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]error{
		"bus-4711": nil, "a": nil, "A.b_c-9": nil, strings.Repeat("x", 48): nil,
		"": wire.ErrName, "a~b": wire.ErrName, "a/b": wire.ErrName, "ü": wire.ErrName, strings.Repeat("x", 49): wire.ErrName,
	} {
		if err := wire.CheckName(name); !isErr(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNamesOfNumbers(t *testing.T) {
	for _, k := range []wire.Kind{wire.KindVehicle, wire.KindApplication} {
		if must(wire.ParseKind(k.String()))(t) != k {
			t.Error(k)
		}
	}
	for _, r := range wire.Reasons() {
		if must(wire.ParseReason(r.String()))(t) != r {
			t.Error(r)
		}
	}
	if len(wire.Reasons()) != 8 || wire.Reasons()[6].String() != "privilege-withdrawn" {
		t.Error(wire.Reasons())
	}
	_, kind := wire.ParseKind("kind 0")
	_, reason := wire.ParseReason("reason 0")
	if !isErr(kind, wire.ErrValue) || !isErr(reason, wire.ErrValue) {
		t.Error(kind, reason)
	}
	if wire.Kind(9).String() != "kind 9" || wire.Reason(0).String() != "reason 0" || wire.Reason(10).String() != "reason 10" {
		t.Error("unknown numbers must have a name that does not parse")
	}
}
