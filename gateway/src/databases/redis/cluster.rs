//! Servers that share the keys: each has some of 16,384 slots, and says who has them. Who is asked for a key that went elsewhere says
//! so, and then all are asked anew.
//!
//! While a slot is on its way, what is asked of it may fail for as long, as if its node were away.
//! <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use redis::{ErrorKind, FromRedisValue, Pipeline, RedisError, ServerErrorKind, Value, pipe};
use tokio::sync::Mutex;

use super::absent;
use super::link::{Address, Link, Login};

/// Slots of a cluster.
const SLOTS: u16 = 16_384;

/// See the module.
pub(crate) struct Cluster {
    /// Those that the file names: who is asked first which others there are.
    seeds: Vec<Address>,
    /// How often a question is asked again, elsewhere.
    redirections: u32,
    login: Login,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    links: HashMap<Address, Arc<Link>>,
    /// By the last slot of each range: its first, and whose it is.
    slots: BTreeMap<u16, (u16, Address)>,
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Address>, redirections: u32, login: Login) -> Self {
        // A cluster has one database alone.
        Self { seeds, redirections, login: Login { database: 0, ..login }, known: Mutex::default() }
    }

    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        key: &str,
        questions: &Pipeline,
    ) -> Result<T, RedisError> {
        let slot = slot(key);
        let mut left = self.redirections;
        loop {
            let link = self.node(slot).await?;
            let answer = link.ask(questions).await;
            let Err(error) = &answer else { return answer };
            // Whoever is gone may have a successor; but what was asked of it may have been done.
            let is_moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
            if is_moved || error.is_io_error() || error.is_cluster_error() {
                self.login.lock(&self.known).await?.slots.clear();
            }
            if !is_moved || left == 0 {
                return answer;
            }
            left -= 1;
        }
    }

    /// The node that has a slot.
    async fn node(&self, slot: u16) -> Result<Arc<Link>, RedisError> {
        let mut known = self.login.lock(&self.known).await?;
        if known.slots.is_empty() {
            self.learn(&mut known).await?;
        }
        let owner = known.slots.range(slot..).next().filter(|(_, (first, _))| *first <= slot);
        let address = owner.map(|(_, (_, address))| address.clone());
        let address = address.ok_or_else(|| absent("no node of the cluster has this key"))?;
        self.link(&mut known, &address)
    }

    fn link(&self, known: &mut Known, address: &Address) -> Result<Arc<Link>, RedisError> {
        if let Some(link) = known.links.get(address) {
            return Ok(Arc::clone(link));
        }
        let link = Arc::new(Link::new(address, &self.login)?);
        known.links.insert(address.clone(), Arc::clone(&link));
        Ok(link)
    }

    /// Asks one node after the other until one knows who has what.
    async fn learn(&self, known: &mut Known) -> Result<(), RedisError> {
        let others: Vec<Address> = known.links.keys().cloned().collect();
        let mut failed = absent("the file names no node of the cluster");
        for address in self.seeds.iter().chain(&others) {
            let link = self.link(known, address)?;
            match link.ask::<(Value,)>(pipe().cmd("CLUSTER").arg("SLOTS")).await {
                Ok((told,)) => {
                    known.slots = ranges(&told, link.address());
                    let slots = &known.slots;
                    let is_named = |link: &Address| slots.values().any(|(_, address)| address == link);
                    known.links.retain(|address, _| self.seeds.contains(address) || is_named(address));
                    return Ok(());
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

/// Who has what: `[[first, last, [host, port, …], [replica, …], …], …]`. A node that does not know its own name is who was asked.
fn ranges(told: &Value, asked: &Address) -> BTreeMap<u16, (u16, Address)> {
    let range = |range: &Value| {
        let Value::Array(parts) = range else { return None };
        let [first, last, Value::Array(owner), ..] = parts.as_slice() else { return None };
        let (host, port) = (owner.first()?, owner.get(1)?);
        let host: Option<String> = redis::from_redis_value_ref(host).ok()?;
        let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| asked.0.clone());
        let number = |value: &Value| redis::from_redis_value_ref::<u16>(value).ok();
        Some((number(last)?, (number(first)?, (host, number(port)?))))
    };
    let Value::Array(told) = told else { return BTreeMap::new() };
    told.iter().filter_map(range).collect()
}

/// The slot of a key: of what stands between its first braces, if there is something.
fn slot(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    crc16(tag.filter(|tag| !tag.is_empty()).unwrap_or(key).as_bytes()) % SLOTS
}

/// CRC-16/XMODEM: the polynomial 0x1021, from 0, nothing reflected.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let crc = crc ^ (u16::from(*byte) << 8);
        (0..8).fold(crc, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is the specification's own; the others are what `CLUSTER KEYSLOT` of Redis 7.0 says.
    #[test]
    fn a_key_has_the_slot_that_redis_says() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        for (key, expected) in [
            ("foo", 12182),
            ("{user1000}.following", 3443),
            ("{user1000}.followers", 3443),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("", 0),
        ] {
            assert_eq!(slot(key), expected, "{key}");
        }
    }
}
