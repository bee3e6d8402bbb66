package device

import (
	"slices"
	"time"
)

// Alarm is something that only the authority's or the device's misbehaviour explains. Alarms stay, across restarts too.
type Alarm struct {
	Time time.Time // when it was noticed, whole milliseconds
	Text string    // what was noticed, at most 512 octets
}

// alarm keeps an alarm, once for every text; when there are maxAlarms, the first ones stay. The caller holds mu.
func (d *Device) alarm(now time.Time, text string) {
	text = text[:min(len(text), maxAlarmText)]
	if len(d.alarms) >= maxAlarms || slices.ContainsFunc(d.alarms, func(a Alarm) bool { return a.Text == text }) {
		return
	}
	d.alarms = append(d.alarms, Alarm{Time: time.UnixMilli(now.UnixMilli()).UTC(), Text: text})
}

func encodeAlarms(e *encoder, alarms []Alarm) {
	e.u32(uint32(len(alarms)))
	for _, a := range alarms {
		e.time(a.Time)
		e.text(a.Text)
	}
}

func decodeAlarms(d *decoder) []Alarm {
	var alarms []Alarm
	for range d.count(maxAlarms) {
		alarms = append(alarms, Alarm{Time: d.time(), Text: d.text()})
	}
	return alarms
}
