//! What telling of a call takes from the allocator.

use allocation_counter::measure;
use translate::delta::Usage;

use super::{Access, Observers, kong, send};
use crate::metrics::tests::{facts, route};

#[test]
fn a_call_that_nobody_logs_allocates_nothing() {
    let route = route();
    let usage = Usage { prompt: 10, completion: 20, ..Usage::default() };
    let observers = Observers::new(vec![std::sync::Arc::new(Access)]);
    let facts = facts(&route, &usage, "gpt-5");
    let tell = || {
        observers.tell(&facts);
        send(&facts, &[]);
    };
    tell();
    assert_eq!(measure(|| (0..1000).for_each(|_| tell())).count_total, 0);
}

/// It grows as a buffer does: with what is in it, not with every member.
#[test]
fn a_record_is_a_few_allocations() {
    let route = route();
    let usage = Usage { prompt: 10, completion: 20, ..Usage::default() };
    let count = |model: &str| {
        let facts = facts(&route, &usage, model);
        let info = measure(|| drop(kong::object(&facts)));
        (info.count_total, info.count_current)
    };
    count("gpt-5");
    let (short, left) = count("gpt-5");
    let (long, _) = count(&"m".repeat(1000));
    assert!(short <= 16 && long <= short + 3, "{short}, {long}");
    assert_eq!(left, 0, "a record that is sent leaves nothing behind");
}
