//! The whole way of a line whose series is there: cut the datagram into lines,
//! find the route, apply, count.
//!
//! Heat: cold.

use std::hint::black_box;

use statsd_bridge::ingest::Worker;
use statsd_bridge::model::Tick;
use statsd_bridge::registry::Limits;

use super::scene::{Rules, capture, engine, limited_engine};
use super::{Case, THOUSAND};

/// Lines of a packed datagram.
const PACKED: usize = 16;
/// Datagrams that are taken at once.
const BATCH: usize = 50;

pub fn cases() -> Vec<Case> {
    let web = "Mastodon.production.web.Api.V1.Timelines.HomeController.show.json";
    let mut cases: Vec<_> = [
        ("a counter that is known", format!("{web}.status.200:1|c")),
        ("a gauge that is known", "Mastodon.production.sidekiq.dead_size:3|g".to_owned()),
        ("a summary that is known", format!("{web}.db_time:12.25|ms")),
        ("a tagged line that is known", "took:12.25|ms|@0.5|#a:timelines,b:show".to_owned()),
    ]
    .map(|(name, line)| in_a_circle(name, vec![line]))
    .into();
    let mut lines = capture();
    lines.retain(|data| !data.contains('\n'));
    lines.truncate(20 * THOUSAND);
    let packed = lines.chunks_exact(PACKED).map(|lines| lines.join("\n")).collect();
    cases.push(in_a_circle("the capture, 16 lines packed", packed));
    cases.push(in_a_circle("the capture", lines));
    cases.push(without_cache(web));
    cases.push(refused(web));
    cases
}

/// A name that found no room, met again; the time goes on all the while.
fn refused(web: &str) -> Case {
    let line = format!("{web}.status.200:1|c").into_bytes();
    Case::new("ingest/a counter that is refused", THOUSAND, move || {
        let limits = Limits { max_series: 1, max_series_per_family: 0 };
        let mut worker = Worker::new(limited_engine(Rules::Published.parse(), limits));
        worker.ingest_line(b"the.one.that.fits:1|c", Tick(0));
        let (line, mut now) = (line.clone(), Tick(0));
        move || {
            now.0 += 1;
            for _ in 0..THOUSAND / BATCH {
                (0..BATCH).for_each(|_| worker.ingest_datagram(black_box(&line), now));
                worker.flush();
            }
        }
    })
}

/// The same datagrams round after round, in batches.
fn in_a_circle(name: &str, datagrams: Vec<String>) -> Case {
    let often = THOUSAND.div_ceil(datagrams.len());
    let datagrams: Vec<_> =
        std::iter::repeat_n(datagrams, often).flatten().map(String::into_bytes).collect();
    let lines = datagrams.iter().map(|data| data.split(|byte| *byte == b'\n').count()).sum();
    Case::new(format!("ingest/{name}"), lines, move || {
        let mut worker = Worker::new(engine(Rules::Published.parse()));
        let datagrams = datagrams.clone();
        let mut round = move || {
            for batch in datagrams.chunks(BATCH) {
                for datagram in batch {
                    worker.ingest_datagram(black_box(datagram), Tick(0));
                }
                worker.flush();
            }
        };
        // A summary keeps its first eight values raw.
        (0..8).for_each(|_| round());
        round
    })
}

/// What every line would cost if no route were kept.
fn without_cache(web: &str) -> Case {
    let line = format!("{web}.db_time:12.25|ms").into_bytes();
    Case::new("ingest/without a cache", THOUSAND, move || {
        let mut worker = Worker::without_cache(engine(Rules::Published.parse()));
        let line = line.clone();
        move || {
            for _ in 0..THOUSAND {
                worker.ingest_line(black_box(&line), Tick(0));
            }
        }
    })
}
