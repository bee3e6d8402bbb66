package device_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"marque/device"
	"marque/device/wire"
)

// The examples take an authority and a temporary folder from here; a program has its package and list files instead.
func exampleFleet() (a *authority, bus, park *device.Device, end func()) {
	a = newAuthority(1)
	dir := must(os.MkdirTemp("", "marque-example-*"))
	enrol := func(name string, kind wire.Kind) *device.Device {
		o := a.options()
		o.Early = kind == wire.KindApplication
		d := must(device.Create(filepath.Join(dir, name), device.Wanted{Name: name, Kind: kind}, o))
		must(d.Install(a.issue(must(d.Request()), edit{}), a.hash()))
		return d
	}
	bus, park = enrol("bus-4711", wire.KindVehicle), enrol("parking", wire.KindApplication)
	list := a.publish()
	must(bus.Apply(list))
	must(park.Apply(list))
	return a, bus, park, func() {
		check(errors.Join(bus.Close(), park.Close(), os.RemoveAll(dir)))
	}
}

// A stranger verifies a beacon from the realm's public parameters alone.
func ExampleDevice_Sign() {
	_, bus, park, end := exampleFleet()
	defer end()

	beacon, err := bus.Sign([]byte("at stop 7"), device.SignOptions{})
	check(err)
	m, err := park.Verify(beacon)
	check(err)
	fmt.Printf("%s says %q\n", m.Sender, m.Payload)
	_, err = park.Verify(beacon)
	fmt.Println("again:", errors.Is(err, device.ErrReplay))
	// Output:
	// //fleet.example/Sbus-4711~0 says "at stop 7"
	// again: true
}

// The first message to an address is cold. The answer is warm, and not even the authority can read it.
func ExampleDevice_Seal() {
	_, bus, park, end := exampleFleet()
	defer end()

	to := must(wire.ParseAddress("//fleet.example/Sparking~1"))
	question, mode, err := bus.Seal(to, []byte("a place for tonight?"), device.SealOptions{})
	check(err)
	m, err := park.Open(question)
	check(err)
	fmt.Printf("%v: %q\n", mode, m.Payload)

	answer, mode, err := park.Seal(m.Sender, []byte("number 12"), device.SealOptions{RequireWarm: true})
	check(err)
	m, err = bus.Open(answer)
	check(err)
	fmt.Printf("%v: %q\n", mode, m.Payload)
	// Output:
	// cold: "a place for tonight?"
	// warm: "number 12"
}

// Beacons have the short form, but for one now and then. Who hears only short ones asks for a full one.
func ExampleDevice_FullWanted() {
	_, bus, park, end := exampleFleet()
	defer end()

	_, err := bus.Sign([]byte("at stop 6"), device.SignOptions{Mixed: true}) // nobody heard this one
	check(err)
	for _, payload := range []string{"at stop 7", "at stop 8", "at stop 9"} {
		beacon, err := bus.Sign([]byte(payload), device.SignOptions{Mixed: true})
		check(err)
		m, err := park.Verify(beacon)
		var unknown *device.UnknownSenderError
		if errors.As(err, &unknown) && unknown.Request != nil {
			fmt.Printf("%d octets: unknown, asks with %d\n", len(beacon), len(unknown.Request))
			check(bus.FullWanted(unknown.Request))
			continue
		}
		check(err)
		fmt.Printf("%d octets: %s says %q\n", len(beacon), m.Sender, m.Payload)
	}
	// Output:
	// 94 octets: unknown, asks with 13
	// 146 octets: //fleet.example/Sbus-4711~0 says "at stop 8"
	// 94 octets: //fleet.example/Sbus-4711~0 says "at stop 9"
}

// One message to several: each of them opens it, and does not learn who the others are.
func ExampleDevice_SealAll() {
	_, bus, park, end := exampleFleet()
	defer end()

	to := []wire.Address{must(wire.ParseAddress("//fleet.example/Sparking~1")), must(wire.ParseAddress("//fleet.example/Sdepot~4"))}
	notice, mode, err := bus.SealAll(to, []byte("late by ten minutes"), device.SealOptions{})
	check(err)
	m, err := park.Open(notice)
	check(err)
	fmt.Printf("%v, %d octets: %s says %q\n", mode, len(notice), m.Sender, m.Payload)
	// Output: cold, to several, 354 octets: //fleet.example/Sbus-4711~0 says "late by ten minutes"
}

// A receiver of very many broadcasts verifies them together.
func ExampleDevice_VerifyAll() {
	_, bus, park, end := exampleFleet()
	defer end()

	var heard [][]byte
	for _, payload := range []string{"at stop 7", "at stop 8"} {
		heard = append(heard, must(bus.Sign([]byte(payload), device.SignOptions{})))
	}
	heard = append(heard, heard[0])
	for _, v := range park.VerifyAll(heard) {
		if v.Err != nil {
			fmt.Println("replay:", errors.Is(v.Err, device.ErrReplay))
			continue
		}
		fmt.Printf("%s says %q\n", v.Message.Sender, v.Message.Payload)
	}
	// Output:
	// //fleet.example/Sbus-4711~0 says "at stop 7"
	// //fleet.example/Sbus-4711~0 says "at stop 8"
	// replay: true
}

// A session is a net.Conn whose other end is who it says.
func ExampleDevice_Dial() {
	_, bus, park, end := exampleFleet()
	defer end()

	inner := must(net.Listen("tcp", "127.0.0.1:0"))
	l := park.Listen(inner)
	defer l.Close()
	go func() {
		s, err := l.AcceptSession()
		check(err)
		defer s.Close()
		fmt.Fprintf(s, "hello, %s", s.Peer())
	}()

	s, err := bus.Dial(context.Background(), "tcp", l.Addr().String(), must(wire.ParseAddress("//fleet.example/Sparking~1")))
	check(err)
	defer s.Close()
	fmt.Printf("%s\n", must(io.ReadAll(s)))
	// Output: hello, //fleet.example/Sbus-4711~0
}

// A question goes along with the call, and the answer comes back one way later. It may be asked twice: nothing depends on how often.
func ExampleDevice_DialEarly() {
	_, bus, park, end := exampleFleet()
	defer end()

	inner := must(net.Listen("tcp", "127.0.0.1:0"))
	l := park.Listen(inner)
	defer l.Close()
	go func() {
		s, err := l.AcceptSession()
		check(err)
		defer s.Close()
		if question, ok := s.Early(); ok {
			fmt.Fprintf(s, "%s? 12", question)
		}
	}()

	parking := must(wire.ParseAddress("//fleet.example/Sparking~1"))
	s, err := bus.DialEarly(context.Background(), "tcp", l.Addr().String(), parking, []byte("free spaces"))
	check(err)
	defer s.Close()
	fmt.Printf("%s\n", must(io.ReadAll(s)))
	// Output: free spaces? 12
}

// After a compromise the authority reveals the core that the present one committed to. Whoever has the old secret cannot reveal another.
func ExampleDevice_Rotate() {
	next := found(2, nil, func(c *wire.Core) { c.Generation = 2 })
	committed := next.hash()
	present := found(1, next.clock, func(c *wire.Core) { c.Next = committed[:] })
	dir := must(os.MkdirTemp("", "marque-example-*"))
	bus := must(device.Create(filepath.Join(dir, "bus"), device.Wanted{Name: "bus-4711", Kind: wire.KindVehicle}, next.options()))
	must(bus.Install(present.issue(must(bus.Request()), edit{}), present.hash()))

	r := must(bus.Rotate(next.statement()))
	fmt.Println("generation", r.Core.Generation)
	pkg := next.issue(must(bus.Request()), edit{}) // a new request, for the same name
	in := must(bus.Install(pkg, r.CoreHash))       // which nobody has to confirm
	fmt.Println(in.Address)

	_, err := bus.Rotate(present.statement())
	fmt.Println("back:", errors.Is(err, device.ErrRotated))
	check(errors.Join(bus.Close(), os.RemoveAll(dir)))
	// Output:
	// generation 2
	// //fleet.example/Sbus-4711~0
	// back: true
}

// A revocation list takes effect at once.
func ExampleDevice_Apply() {
	a, bus, park, end := exampleFleet()
	defer end()

	applied, err := park.Apply(a.publish(0))
	check(err)
	fmt.Println("revoked:", applied.Count)
	beacon, err := bus.Sign([]byte("at stop 7"), device.SignOptions{})
	check(err)
	_, err = park.Verify(beacon)
	fmt.Println(err)
	// Output:
	// revoked: 1
	// verify: //fleet.example/Sbus-4711~0: revoked by the list in force
}
