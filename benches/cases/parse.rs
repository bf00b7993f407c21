//! From the bytes of a line to its samples, by the parser that every spelling
//! takes once.
//!
//! Heat: cold.

use std::hint::black_box;

use statsd_bridge::model::{Dialect, TagStyles};
use statsd_bridge::protocol;

use super::{Case, THOUSAND};

const LINES: [(&str, &[u8]); 8] = [
    (
        "plain",
        b"Mastodon.production.web.Api.V1.Timelines.HomeController.show.json.db_time:12.25|ms",
    ),
    ("DogStatsD tags", b"web.db_time:12.25|ms|@0.5|#controller:timelines,action:show,format:json"),
    ("InfluxDB tags", b"web.db_time,controller=timelines,action=show,format=json:12.25|ms|@0.5"),
    ("Librato tags", b"web.db_time#controller=timelines,action=show,format=json:12.25|ms|@0.5"),
    ("SignalFX tags", b"web.db_time[controller=timelines,action=show,format=json]:12.25|ms|@0.5"),
    ("8 values in one line", b"web.db_time:1:2:3:4:5:6:7:8|ms|#controller:timelines,action:show"),
    ("refused line", b"Mastodon.production.web.Api.V1.Timelines.HomeController.show.json.db_time"),
    ("refused value", b"Mastodon.production.web.Api.V1.Timelines.HomeController.show:twelve|ms"),
];

pub fn cases() -> Vec<Case> {
    LINES.into_iter().map(|(name, line)| case(name, line)).collect()
}

fn case(name: &str, line: &'static [u8]) -> Case {
    Case::new(format!("parse/{name}"), THOUSAND, move || {
        let dialect = Dialect::uniform(TagStyles::ALL);
        move || {
            for _ in 0..THOUSAND {
                let body = protocol::parse(black_box(line), &dialect).body;
                let good = body.map(|samples| samples.filter(|one| one.result.is_ok()).count());
                let _ = black_box(good);
            }
        }
    })
}
