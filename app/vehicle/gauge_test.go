package main

import (
	"strings"
	"testing"
	"time"

	"marque/device"
)

func TestGauge(t *testing.T) {
	issued := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		age  time.Duration
		want []string
	}{
		{0, []string{"age    0 min  [.....|..................................]", "in 7 d 0 h", "in 56 d 0 h"}},
		{24 * time.Hour, []string{"age    1 d 0 h  [.....|..", "in 6 d 0 h"}},
		{6*24*time.Hour + 90*time.Minute, []string{"age    6 d 1 h  [####.|..", "in 22 h 30 min"}},
		{14 * 24 * time.Hour, []string{"[#####|!!!!..............................]", "2026-05-11T10:00:00Z, 7 d 0 h ago"}},
		{56 * 24 * time.Hour, []string{"[#####|!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!]", "0 min ago", "not the present one"}},
		{99 * 24 * time.Hour, []string{"[#####|!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!]", "43 d 0 h ago"}},
	} {
		s := &device.Status{Now: issued.Add(test.age), List: device.ListStatus{
			Known: true, Issued: issued, NextUpdate: issued.AddDate(0, 0, 7), HardExpiry: issued.AddDate(0, 0, 56), Age: test.age,
			FirstEpoch: 3, LastEpoch: 5, From: issued.AddDate(0, 0, -20), Until: issued.AddDate(0, 0, 56),
		}}
		text := currencyText(s)
		for _, want := range append(test.want, "covers epochs 3 to 5, from 2026-04-14T10:00:00Z to 2026-06-29T10:00:00Z") {
			if !strings.Contains(text, want) {
				t.Errorf("after %v no %q in\n%s", test.age, want, text)
			}
		}
		c := currencyOf(s)
		if c.AgeSeconds != int64(test.age/time.Second) || c.Used < 0 || c.Used > 1 || c.CoversNow != (test.age < 56*24*time.Hour) {
			t.Errorf("after %v: %+v", test.age, c)
		}
	}
	if currencyText(&device.Status{}) != "" || currencyOf(&device.Status{}) != nil {
		t.Error("without a list there is a gauge")
	}
}

func TestAppliedFromTheFuture(t *testing.T) {
	a := &device.Applied{Changed: true, Ahead: 26 * time.Hour}
	if text := applied(a); !strings.Contains(text, "issued 1 d 2 h after what this device's clock says") {
		t.Error(text)
	}
	a.Ahead = time.Minute
	if text := applied(a); strings.Contains(text, "clock") {
		t.Error(text)
	}
}
