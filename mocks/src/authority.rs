//! Certificates for the providers' own host names, by an authority that is made here: whoever shall believe them must be told its
//! certificate. It is good for the providers' names and this machine's alone, so that it can do no harm elsewhere.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::limits::CERTIFICATES;
use crate::{Error, hosts};

/// The authority's certificate.
const CA: &str = "ca.pem";
/// The same and the certificates that the system trusts.
const BUNDLE: &str = "bundle.pem";
/// The authority's key, for its owner alone.
const KEY: &str = "ca-key.pem";
/// Where systems keep the certificates that they trust.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// What clients take at most is 398 days.
const LEAF_DAYS: i64 = 390;
const CA_DAYS: i64 = 3_650;

/// A certificate authority, and the servers' certificates that it has signed.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// One for all servers: making keys costs more than signing.
    server: KeyPair,
    configs: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

/// Files for those who shall trust the authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The authority's certificate alone.
    pub ca: PathBuf,
    /// The same together with the certificates that the system trusts, where it has any.
    pub bundle: PathBuf,
}

impl Authority {
    /// A new one. Its key is nowhere but in memory.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params(&key)?.self_signed(&key).map_err(failed)?.pem();
        Self::with(key, pem)
    }

    /// The one that this folder keeps as `ca.pem` and `ca-key.pem`, which only its owner may read; made where there is none.
    ///
    /// # Errors
    /// The files cannot be read or written, or do not belong together.
    pub fn kept(folder: &Path) -> Result<Self, Error> {
        let (ca, key) = (folder.join(CA), folder.join(KEY));
        if !key.exists() {
            let made = Self::new()?;
            fs::create_dir_all(folder).map_err(at(folder))?;
            let mut options = File::options();
            options.write(true).create_new(true).mode(0o600);
            let mut file = options.open(&key).map_err(at(&key))?;
            file.write_all(made.issuer.key().serialize_pem().as_bytes()).map_err(at(&key))?;
            fs::write(&ca, &made.pem).map_err(at(&ca))?;
            return Ok(made);
        }
        let pem = fs::read_to_string(&ca).map_err(at(&ca))?;
        let pair = KeyPair::from_pem(&fs::read_to_string(&key).map_err(at(&key))?).map_err(failed)?;
        let certificate = pem_der(&pem).unwrap_or_default();
        if memchr::memmem::find(&certificate, pair.public_key_raw()).is_none() {
            return Err(Error::Certificate(format!("{} is not of {}", ca.display(), key.display())));
        }
        Self::with(pair, pem)
    }

    fn with(key: KeyPair, pem: String) -> Result<Self, Error> {
        let server = KeyPair::generate().map_err(failed)?;
        Ok(Self { pem, issuer: Issuer::new(params(&key)?, key), server, configs: Mutex::default() })
    }

    /// Its certificate.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes `ca.pem` and `bundle.pem`. What the system trusts is what `SSL_CERT_FILE` names, or else the system's own file.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn trust(&self, folder: &Path) -> Result<Trust, Error> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        let (ca, bundle) = (folder.join(CA), folder.join(BUNDLE));
        fs::write(&ca, &self.pem).map_err(at(&ca))?;
        let own = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        let mut system = own.into_iter().chain(SYSTEM.map(PathBuf::from)).filter(|path| *path != bundle);
        let known = system.find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        fs::write(&bundle, format!("{}\n{known}", self.pem.trim_end())).map_err(at(&bundle))?;
        Ok(Trust { ca, bundle })
    }

    /// How TLS is spoken under this name; nothing where it is neither a provider's nor ours.
    pub(crate) fn config(&self, name: &str) -> Option<Arc<ServerConfig>> {
        let name = match hosts::meant(name)? {
            hosts::Meant::Own | hosts::Meant::Link => "",
            hosts::Meant::Provider(_) => name,
        };
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(name) {
            return Some(Arc::clone(config));
        }
        if configs.len() >= CERTIFICATES {
            configs.clear();
        }
        let config =
            self.sign(name).inspect_err(|error| tracing::warn!(%error, name, "no certificate")).ok()?;
        configs.insert(name.to_owned(), Arc::clone(&config));
        Some(config)
    }

    /// A certificate for a provider's host, or, where it is empty, for this machine.
    fn sign(&self, name: &str) -> Result<Arc<ServerConfig>, Error> {
        let mut params = CertificateParams::new(if name.is_empty() {
            hosts::OWN.map(str::to_owned).to_vec()
        } else {
            vec![name.to_owned()]
        })
        .map_err(failed)?;
        if name.is_empty() {
            let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            params.subject_alt_names.extend(addresses.map(SanType::IpAddress));
        }
        lasts(&mut params, LEAF_DAYS);
        // Two certificates of one authority may not have one number, and one key alone would give one.
        let seed = format!("{name} {}", jiff::Timestamp::now().as_nanosecond());
        params.serial_number = Some(serial(seed.as_bytes()));
        params.distinguished_name = called("touchstone mock");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&self.server, &self.issuer).map_err(failed)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.server.serialize_der()));
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)
            })
            .map_err(failed)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// The authority's own certificate. All but the times follows from the key, so that it can be used again with its file.
fn params(key: &KeyPair) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    lasts(&mut params, CA_DAYS);
    let short: String = digest(&SHA256, key.public_key_raw()).as_ref()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    params.distinguished_name = called(&format!("Touchstone mocks {short}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted_subtrees =
        hosts::suffixes().into_iter().map(|name| GeneralSubtree::DnsName(name.to_owned())).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    Ok(params)
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// From yesterday, for clocks that differ.
fn lasts(params: &mut CertificateParams, days: i64) {
    let day = |days: i64| {
        let date = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days))
            .to_zoned(jiff::tz::TimeZone::UTC);
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(-1);
    params.not_after = day(days);
}

/// A positive number of 16 bytes.
fn serial(seed: &[u8]) -> SerialNumber {
    let mut number = digest(&SHA256, seed).as_ref()[..16].to_vec();
    number[0] = number[0] & 0x7f | 0x40;
    SerialNumber::from(number)
}

/// The first certificate of a PEM file.
fn pem_der(pem: &str) -> Option<Vec<u8>> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem.as_bytes()).ok().map(|certificate| certificate.to_vec())
}

fn failed(error: impl fmt::Display) -> Error {
    Error::Certificate(error.to_string())
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
