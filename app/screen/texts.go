package screen

import (
	"fmt"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"marque/app/flow"
	"marque/assets"
)

// LoadTexts registers the translations. It is called once, before the first view.
func LoadTexts() error {
	for _, language := range assets.Languages {
		texts, err := assets.Texts(language)
		if err != nil {
			return fmt.Errorf("load the translations: %w", err)
		}
		if err := lang.AddTranslations(fyne.NewStaticResource(language+".json", texts)); err != nil {
			return fmt.Errorf("load the translations: %w", err)
		}
	}
	return nil
}

// say returns the text of a key in the language of the person, with args (names and values by turns) filled in.
func say(key string, args ...any) string { return sayText(flow.Say(key, args...)) }

// localised names arguments whose values are English phrases with a translation of their own.
const localised = "Seems"

func sayText(t flow.Text) string {
	if t.IsZero() {
		return ""
	}
	args := make(map[string]any, len(t.Args))
	for name, value := range t.Args {
		args[name] = localise(name, value)
	}
	if n, ok := t.Args["Count"].(int); ok {
		return lang.XN(t.Key, t.Key, n, args)
	}
	return lang.X(t.Key, t.Key, args)
}

// localise writes a value as people do here, by the name of the argument.
func localise(name string, value any) any {
	switch v := value.(type) {
	case time.Time:
		if name == "Until" {
			return moment(v.Local())
		}
		return date(v.Local())
	case flow.Text:
		return sayText(v)
	case time.Duration:
		return ago(v)
	case string:
		if name == localised {
			return lang.L(v)
		}
	case int:
		if name == "Count" || name == "List" || name == "Number" {
			return number(v)
		}
	}
	return value
}

// ago says how long something is past.
func ago(d time.Duration) string {
	switch minutes := int(d / time.Minute); {
	case minutes < 1:
		return say("ago.now")
	case minutes < 60:
		return say("ago.minutes", "Count", minutes)
	case minutes < 48*60:
		return say("ago.hours", "Count", minutes/60)
	default:
		return say("ago.days", "Count", minutes/60/24)
	}
}

// number returns n with its thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	separator := say("thousands")
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// date returns a day, in local time.
func date(t time.Time) string {
	return say("date", "Day", t.Day(), "Month", say("month."+strconv.Itoa(int(t.Month()))), "Year", t.Year())
}

// moment returns a day and a time of day.
func moment(t time.Time) string { return say("moment", "Date", date(t), "Time", t.Format("15:04")) }

// today returns a day as the strip shows it.
func today(t time.Time) string {
	return say("strip.day", "Weekday", say("weekday."+strconv.Itoa(int(t.Weekday()))), "Day", t.Day(), "Month", say("month."+strconv.Itoa(int(t.Month()))))
}

// now returns the present as the strip shows it.
func now(t time.Time) string {
	return say("now", "Weekday", say("weekday."+strconv.Itoa(int(t.Weekday()))), "Day", t.Day(),
		"Month", say("month."+strconv.Itoa(int(t.Month()))), "Time", t.Format("15:04"))
}

// octets returns a size.
func octets(n int) string {
	if n < 1000 {
		return say("bytes", "Count", n)
	}
	return say("kilobytes", "Whole", n/1000, "Tenth", n%1000/100)
}
