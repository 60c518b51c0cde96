//! A load generator as thin as can be: prebuilt bytes over kept-alive connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One request's bytes, made on demand for request number `n`.
pub type Make = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// What a run came to.
pub struct Measured {
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
    pub done: u64,
    pub refused: u64,
}

/// Sends for `time` over `connections`, one request at a time on each. Latencies in milliseconds.
pub async fn load(
    address: &str,
    connections: usize,
    time: Duration,
    first: u64,
    make: Make,
) -> std::io::Result<Measured> {
    let next = Arc::new(AtomicU64::new(first));
    let start = Instant::now();
    let until = start + time;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (address, next, make) = (address.to_owned(), next.clone(), make.clone());
        tasks.push(tokio::spawn(async move {
            let mut socket = TcpStream::connect(&address).await?;
            socket.set_nodelay(true)?;
            let (mut times, mut refused, mut buffer) = (Vec::new(), 0u64, vec![0; 64 * 1024]);
            while Instant::now() < until {
                let request = make(next.fetch_add(1, Relaxed));
                let sent = Instant::now();
                socket.write_all(&request).await?;
                if answer(&mut socket, &mut buffer).await? >= 300 {
                    refused += 1;
                }
                times.push(sent.elapsed().as_secs_f64() * 1000.0);
            }
            std::io::Result::Ok((times, refused))
        }));
    }
    let (mut all, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let (times, bad) = task.await.map_err(std::io::Error::other)??;
        all.extend(times);
        refused += bad;
    }
    let seconds = start.elapsed().as_secs_f64();
    all.sort_by(f64::total_cmp);
    let at = |q: f64| {
        all.get(((all.len() as f64 * q) as usize).min(all.len().saturating_sub(1))).copied().unwrap_or(0.0)
    };
    Ok(Measured {
        per_second: all.len() as f64 / seconds,
        p50: at(0.5),
        p99: at(0.99),
        max: at(1.0),
        done: all.len() as u64,
        refused,
    })
}

/// Reads one answer; its status.
pub async fn answer(socket: &mut TcpStream, buffer: &mut [u8]) -> std::io::Result<u16> {
    let mut have = 0;
    let (status, need) = loop {
        let n = socket.read(&mut buffer[have..]).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        have += n;
        if let Some(head) = buffer[..have].windows(4).position(|w| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let status = text.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
            let length =
                text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            break (status, head + 4 + length.unwrap_or(0));
        }
    };
    let mut left = need.saturating_sub(have);
    while left > 0 {
        let n = socket.read(buffer).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        left = left.saturating_sub(n);
    }
    Ok(status)
}

/// A request's bytes.
pub fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
