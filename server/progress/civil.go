package progress

import (
	"time"

	"rehearse/server/interview"
)

// Day is a day of the calendar, counted from 1970-01-01. It has no hours and belongs to no time zone, so that adding a
// day is adding one, whatever the clocks do.
type Day int

// dayOf is the day on which an instant falls in a place.
func dayOf(t time.Time, at *time.Location) Day {
	y, m, d := t.In(at).Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsADay)
}

const secondsADay = 24 * 60 * 60

// ParseDay reads a date like 2026-11-30.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, err
	}
	return Day(t.Unix() / secondsADay), nil
}

func (d Day) utc() time.Time { return time.Unix(int64(d)*secondsADay, 0).UTC() }

// String is the date, like 2026-11-30.
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// MarshalText is the date, for JSON.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a date.
func (d *Day) UnmarshalText(b []byte) error {
	v, err := ParseDay(string(b))
	*d = v
	return err
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// begins is the first instant of the day in a place.
func (d Day) begins(at *time.Location) time.Time {
	y, m, n := d.utc().Date()
	return time.Date(y, m, n, 0, 0, 0, 0, at)
}

// Limits of the settings of a plan.
const (
	MinMinutes = 10
	MaxMinutes = 480
	MaxAhead   = 400 // days
)

// Settings are what a plan is made from: the day of the interview, the minutes a day and the time zone (IANA) it is
// counted in. Begun is the day the plan was first made, which later changes keep.
type Settings struct {
	Date    Day    `json:"date"`
	Minutes int    `json:"minutes_a_day"`
	Zone    string `json:"time_zone"`
	Begun   Day    `json:"begun"`
}

// NewSettings checks what a person sent. Before are the settings so far, if any; a plan whose day has not come keeps
// the day it began.
func NewSettings(date string, minutes int, zone string, now time.Time, before *Settings) (Settings, error) {
	var none Settings
	at, err := location(zone)
	if err != nil {
		return none, err
	}
	day, err := ParseDay(date)
	if err != nil {
		return none, interview.FieldError("date", "date is the day of the interview like 2026-11-30, not %q. Nothing was changed", short(date))
	}
	today := dayOf(now, at)
	switch {
	case day < today:
		return none, interview.FieldError("date", "%s has passed; give a day from %s on. Nothing was changed", day, today)
	case day > today+MaxAhead:
		return none, interview.FieldError("date", "%s is more than %d days away; a plan that long helps nobody. Nothing was changed", day, MaxAhead)
	case minutes < MinMinutes || minutes > MaxMinutes:
		return none, interview.FieldError("minutes_a_day", "minutes_a_day is %d to %d, not %d. Nothing was changed", MinMinutes, MaxMinutes, minutes)
	}
	s := Settings{Date: day, Minutes: minutes, Zone: zone, Begun: today}
	if before != nil && before.Date >= today && before.Begun < today {
		s.Begun = before.Begun
	}
	return s, nil
}

// Valid reports what is wrong with settings that come from elsewhere, an archive say. Their day may have passed.
func (s Settings) Valid() error {
	if _, err := location(s.Zone); err != nil {
		return err
	}
	if s.Minutes < MinMinutes || s.Minutes > MaxMinutes || s.Begun > s.Date || s.Begun <= 0 {
		return interview.FieldError("minutes_a_day", "a plan from %s to %s with %d minutes a day is none", s.Begun, s.Date, s.Minutes)
	}
	return nil
}

// location is a time zone by its IANA name.
func location(zone string) (*time.Location, error) {
	wrong := interview.FieldError("time_zone", "time_zone is an IANA name like Europe/Berlin, not %q. Nothing was changed", short(zone))
	if zone == "" || zone == "Local" { // the server's own zone is nobody's wish
		return nil, wrong
	}
	at, err := time.LoadLocation(zone)
	if err != nil {
		wrong.Err = err
		return nil, wrong
	}
	return at, nil
}

// Place is the settings' time zone; UTC where it cannot be read any more.
func (s Settings) Place() *time.Location {
	at, err := location(s.Zone)
	if err != nil {
		return time.UTC
	}
	return at
}

// short cuts what somebody sent to what a message can hold.
func short(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
