//! One connection to whichever address of a name answers first: <https://www.rfc-editor.org/rfc/rfc8305#section-5>.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

/// How long an address may keep us from trying the next one as well.
const HEAD_START: Duration = Duration::from_millis(250);

/// Tries `addresses` in turn, each with a head start; the first that can be connected to wins, the others are dropped.
pub(super) async fn dial<T, F>(addresses: Vec<SocketAddr>, connect: impl Fn(SocketAddr) -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut waiting = alternate(addresses);
    let mut running = FuturesUnordered::new();
    let mut last = io::ErrorKind::NotFound.into();
    loop {
        match waiting.pop_front() {
            Some(address) => running.push(connect(address)),
            None if running.is_empty() => return Err(last),
            None => (),
        }
        tokio::select! {
            Some(done) = running.next() => match done {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            },
            () = sleep(HEAD_START), if !waiting.is_empty() => (),
        }
    }
}

/// The system's order, but with the families by turns: where one of them leads nowhere, the other is not far.
fn alternate(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let mut others = other.into_iter();
    let mut all: VecDeque<_> =
        one.into_iter().flat_map(|address| [Some(address), others.next()]).flatten().collect();
    all.extend(others);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const SIX: &str = "[2001:db8::1]:443";

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let mixed =
            addresses(&[SIX, "[2001:db8::2]:443", "[2001:db8::3]:443", "192.0.2.1:443", "192.0.2.2:443"]);
        let order = [0, 3, 1, 4, 2].map(|index: usize| mixed[index]);
        assert_eq!(alternate(mixed), order);
        let four_first = addresses(&["192.0.2.1:443", SIX, "192.0.2.2:443"]);
        assert_eq!(alternate(four_first.clone()), four_first);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_leads_nowhere_costs_its_head_start() {
        let start = Instant::now();
        let won = dial(addresses(&[SIX, "192.0.2.1:443"]), async |address| {
            if address.is_ipv6() { std::future::pending().await } else { Ok(address) }
        });
        assert!(won.await.unwrap().is_ipv4());
        assert_eq!(start.elapsed(), HEAD_START);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_refuses_costs_nothing() {
        let start = Instant::now();
        let won = dial(addresses(&[SIX, "192.0.2.1:443"]), async |address| {
            if address.is_ipv6() { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(address) }
        });
        assert!(won.await.unwrap().is_ipv4());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_may_still_win() {
        let won = dial(addresses(&[SIX, "192.0.2.1:443"]), async |address| {
            sleep(Duration::from_secs(if address.is_ipv6() { 1 } else { 2 })).await;
            Ok(address)
        });
        assert!(won.await.unwrap().is_ipv6());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_error_is_told() {
        let lost = dial(addresses(&[SIX, "192.0.2.1:443"]), async |_| {
            Err::<(), _>(io::ErrorKind::ConnectionRefused.into())
        });
        assert_eq!(lost.await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let none = dial(Vec::new(), async |address| Ok(address));
        assert_eq!(none.await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
