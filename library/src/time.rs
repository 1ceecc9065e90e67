//! Time: the clock, ISO 8601, waiting.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rps_runtime::{Oid, Runtime, Value};

use crate::argument::{double, failed, failed_with_hint, text};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Time",
    about: "A time is a number of seconds since the beginning of 1970 in UTC, without leap seconds; negative before.",
    functions: &[
        (Oid::known("_8whd9WHBcwJ02N1X82"), NOW),
        (Oid::known("_5YRT5VY0Mpm02gcxyo"), CLOCK),
        (Oid::known("_4mQz81nXcTd0Y5kWbL"), PROCESSOR_TIME),
        (Oid::known("_1U1dR2x2CTK00RYNK0"), FORMAT_TIME),
        (Oid::known("_3o8JUW8ue7Q02DcvyU"), PARSE_TIME),
        (Oid::known("_0eVj5sO3Edq00zuYyx"), SLEEP),
    ],
    ..Topic::EMPTY
};

/// While it sleeps, a program looks this often whether it is to stop.
const NAP: Duration = Duration::from_millis(10);
/// The beginning of the years 0 and 10000: times in between have four digits for the year.
const YEARS: std::ops::Range<f64> = -62_167_219_200.0..253_402_300_799.999;

const NOW: Entry = (
    "now()",
    |m, _, _| {
        let now = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        };
        Ok(Value::double(m, now))
    },
    "The time, as a double.\nnow() > 1.7e9 # → true",
);

const CLOCK: Entry = (
    "clock()",
    |m, _, _| {
        static START: OnceLock<Instant> = OnceLock::new();
        Ok(Value::double(m, START.get_or_init(Instant::now).elapsed().as_secs_f64()))
    },
    "Seconds since some moment, as a double: only differences mean something, and it never goes back.\nclock() <= clock() # → true",
);

const PROCESSOR_TIME: Entry = (
    "processor_time()",
    |m, _, _| Ok(Value::double(m, Runtime::processor_time())),
    "Seconds for which processors have worked for this program, as a double: what other programs do does not count.\nprocessor_time() <= processor_time() # → true",
);

const FORMAT_TIME: Entry = (
    "format_time(time)",
    |m, _, arguments| {
        let time = double(m, "the time", arguments[0])?;
        if !YEARS.contains(&time) {
            return Err(failed("library::bad-time", format!("{time} is no time from the years 0 to 9999")));
        }
        Ok(m.string(&format(time)))
    },
    r#"A time as ISO 8601 writes it, in UTC; with milliseconds unless they are zero.
format_time(0) # → "1970-01-01T00:00:00Z"
format_time(1.5e9) # → "2017-07-14T02:40:00Z""#,
);

const PARSE_TIME: Entry = (
    "parse_time(text)",
    |m, _, arguments| {
        let text = text(m, "the text", arguments[0])?;
        let time = parse(text).ok_or_else(|| {
            failed_with_hint(
                "library::bad-time",
                format!("{text:?} is no time"),
                "a time is written like 2026-01-31, 2026-01-31T12:00:00Z or 2026-01-31T12:00:00.5+01:00",
            )
        })?;
        Ok(Value::double(m, time))
    },
    r#"The time that a text in ISO 8601 writes: a date, or a date and a time of the day, in UTC unless it says otherwise.
parse_time("1970-01-02") # → 86400.0
parse_time("2017-07-14T04:40:00+02:00") # → 1500000000.0"#,
);

const SLEEP: Entry = (
    "sleep(seconds)",
    |m, _, arguments| {
        let seconds = double(m, "the number of seconds", arguments[0])?;
        let wait = Duration::try_from_secs_f64(seconds)
            .map_err(|_| failed("library::negative", format!("nobody can sleep for {seconds} seconds")))?;
        let start = Instant::now();
        loop {
            m.check_interrupt()?;
            let left = wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(Value::NIL);
            }
            m.blocking(|| std::thread::sleep(left.min(NAP)));
        }
    },
    "Waits for some seconds; gives nil. It can be interrupted.\nsleep(0.001) # → nil",
);

fn format(time: f64) -> String {
    let milliseconds = (time * 1000.0).round() as i64;
    let (seconds, milliseconds) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = if milliseconds == 0 { String::new() } else { format!(".{milliseconds:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

fn parse(text: &str) -> Option<f64> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let days = days_before(year, month, day);
    if date_of(days) != (year, month, day) {
        return None;
    }
    let seconds = match time {
        Some(time) => parse_time_of_day(time)?,
        None => 0.0,
    };
    Some(days as f64 * 86_400.0 + seconds)
}

/// Returns the seconds since midnight in UTC.
fn parse_time_of_day(text: &str) -> Option<f64> {
    let zone_at = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (time, zone) = text.split_at(zone_at);
    let offset = match zone {
        "" | "Z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone[1..].split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, fraction) = match parts.next() {
        None => (0, 0.0),
        Some(second) => match second.split_once('.') {
            None => (digits(second, 2)?, 0.0),
            Some((second, fraction)) => {
                digits(fraction, fraction.len())?;
                (digits(second, 2)?, format!("0.{fraction}").parse().ok()?)
            }
        },
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second - offset) as f64 + fraction)
}

/// Returns the number that exactly so many digits write.
fn digits(text: &str, count: usize) -> Option<i64> {
    let is_sound = count > 0 && text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_sound { text.parse().ok() } else { None }
}

/// Returns the year, month and day of a number of days since 1970, after H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms" (2014): years begin with March, so that a leap day is the last one.
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Returns the number of days since 1970 before a date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse() {
        for days in (-720_000..2_900_000).step_by(37) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_before(year, month, day), days);
        }
        assert_eq!(date_of(0), (1970, 1, 1));
        assert_eq!(date_of(11_016), (2000, 2, 29));
        assert_eq!(date_of(-1), (1969, 12, 31));
    }

    #[test]
    fn texts_and_times_are_inverse() {
        for text in ["1969-12-31T23:59:59.500Z", "2000-02-29T12:34:56Z", "0000-01-01T00:00:00Z"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(parse("2024-01-01 00:00"), parse("2024-01-01"));
        assert_eq!(parse("2024-01-01T00:00:00.25-01:30"), Some(1_704_067_200.0 + 5400.25));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let wrong = [
            "",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "2024-1-1",
            "2024-01-01T",
            "2024-01-01T25:00",
            "2024-01-01T10",
            "2024-01-01T10:00:60",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00:00+1",
            "2024-01-01T10:00:00Zulu",
            "+024-01-01",
            "2024-01-0١",
        ];
        for text in wrong {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
