//! Requests to addresses that others name: media links and callbacks.
//!
//! Invariants: only http and https; never to a private, loopback or link-local address (unless the configuration allows
//! it), judged on the very address that is connected to, so that a name cannot mean one thing when it is checked and
//! another when it is used; no redirect is followed without its target being judged the same way; no proxy stands between.

use std::{
    error::Error as StdError,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use platform::{Error, config::Config};
use reqwest::{
    Client, Method, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

const CONNECT: Duration = Duration::from_secs(10);
/// What is kept of a peer's answer to show to people.
const WORDS: usize = 300;

/// The client for everything that goes to an address that somebody gave us. Every request goes through [`request`].
pub fn http_client(config: &Config) -> platform::Result<Client> {
    let builder = Client::builder()
        .user_agent("Frontdesk")
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(4);
    let builder = match config.http.allow_private_addresses {
        true => builder,
        false => builder.dns_resolver(Arc::new(PublicOnly)),
    };
    builder.build().map_err(Error::internal)
}

/// Whether an address is out on the internet: not ours, not this machine's, not this network's.
pub fn check_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => public_v4(v4),
        IpAddr::V6(v6) => public_v6(v6),
    }
}

fn public_v4(a: Ipv4Addr) -> bool {
    let [x, y, z, _] = a.octets();
    let special = a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_multicast()
        || a.is_documentation()
        || x == 0
        // Carrier-grade NAT, protocol assignments, 6to4 relays, benchmarks, reserved.
        || (x == 100 && (64..128).contains(&y))
        || (x == 192 && y == 0 && z == 0)
        || (x == 192 && y == 88 && z == 99)
        || (x == 198 && (18..20).contains(&y))
        || x >= 240;
    !special
}

fn public_v6(a: Ipv6Addr) -> bool {
    let s = a.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
        // NAT64 reaches what it carries; so does 6to4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo and the other protocol assignments, documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // All that is public is in 2000::/3.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// A name is refused unless it leads to a public address; only such addresses are connected to.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = all.iter().copied().filter(|a| check_address(a.ip())).collect();
            match public.is_empty() && !all.is_empty() {
                true => Err(Box::new(PrivateAddress) as Box<dyn StdError + Send + Sync>),
                false => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

#[derive(Debug)]
struct PrivateAddress;

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is private; http.allow_private_addresses would allow it")
    }
}

impl StdError for PrivateAddress {}

/// Why nothing came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Trying again would not help.
    Final(String),
    /// It may work another time.
    Passing(String),
}

impl Failure {
    /// What a failed exchange means.
    pub(crate) fn of(e: &reqwest::Error) -> Self {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(e);
        let mut last = String::new();
        while let Some(c) = cause {
            if c.is::<PrivateAddress>() {
                return Failure::Final(c.to_string());
            }
            last = c.to_string();
            cause = c.source();
        }
        if e.is_timeout() {
            return Failure::Passing("no answer in time".into());
        }
        // Without the address, which may hold a token.
        Failure::Passing(if e.is_connect() { format!("no connection: {last}") } else { last })
    }

    pub(crate) fn words(&self) -> &str {
        match self {
            Failure::Final(words) | Failure::Passing(words) => words,
        }
    }
}

/// A request to `address`, if it may go there. A host that is a number is judged here, a name by the client's resolver.
pub(crate) fn request(
    client: &Client,
    config: &Config,
    method: Method,
    address: &str,
) -> Result<RequestBuilder, Failure> {
    let url = Url::parse(address).map_err(|e| Failure::Final(format!("not an address: {e}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Failure::Final("only http and https are followed".into()));
    }
    let ip = match url.host() {
        None => return Err(Failure::Final("the address names no host".into())),
        Some(Host::Domain(_)) => None,
        Some(Host::Ipv4(a)) => Some(IpAddr::V4(a)),
        Some(Host::Ipv6(a)) => Some(IpAddr::V6(a)),
    };
    if !config.http.allow_private_addresses && ip.is_some_and(|a| !check_address(a)) {
        return Err(Failure::Final(PrivateAddress.to_string()));
    }
    Ok(client.request(method, url))
}

/// The beginning of what a peer answered, fit to show.
pub(crate) async fn words(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= 4 * WORDS {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_refused() {
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(!check_address(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn what_is_public_is_let_through() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "192.169.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:4860::1",
        ] {
            assert!(check_address(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn neither_a_number_nor_a_name_leads_inside() {
        let config = Config::for_testing();
        let client = http_client(&config).unwrap();
        for address in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "nonsense",
            "http://169.254.169.254/latest/meta-data",
        ] {
            let refused = request(&client, &config, Method::GET, address);
            assert!(matches!(refused, Err(Failure::Final(_))), "{address}");
        }
        let named =
            request(&client, &config, Method::GET, "http://localhost:9/").unwrap().send().await.unwrap_err();
        assert!(matches!(Failure::of(&named), Failure::Final(w) if w.contains("private")));
    }
}
