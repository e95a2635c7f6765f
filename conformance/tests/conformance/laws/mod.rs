//! Laws of the checks, on evidence written by hand: what is good passes, and each way to break it is caught by the
//! requirement that it breaks.

mod breaks;
mod evidence;
mod meanings;
mod once;
mod prompts_and_vectors;
mod refusals;
mod replies;
mod requests;
mod streams;

use conformance::case::Case;
use conformance::check::{self, Verdict};

/// One way to break good evidence, and the requirement that must notice.
type Break<T> = (&'static str, fn(&mut T));

fn judge(id: &str, case: &Case) -> Result<(), Verdict> {
    check::find(id).unwrap_or_else(|| panic!("no check `{id}`"))(case)
}

/// Good evidence passes every requirement of the table; broken evidence fails the one beside it.
fn each_break_is_caught<T: Clone>(good: &T, breaks: &[Break<T>], case: impl Fn(&T) -> Case) {
    let whole = case(good);
    for (id, break_it) in breaks {
        assert_eq!(judge(id, &whole), Ok(()), "{id} on good evidence");
        let mut broken = good.clone();
        break_it(&mut broken);
        let verdict = judge(id, &case(&broken));
        assert!(matches!(verdict, Err(Verdict::Broken(_))), "{id} on broken evidence: {verdict:?}");
    }
}
