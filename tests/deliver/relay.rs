//! A connection that breaks as a test wants it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::thread;

/// Stands before a server on this machine.
pub struct Relay {
    pub port: u16,
    connections: Arc<AtomicU32>,
}

impl Relay {
    /// How many connections there were.
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Closes the first connections at once, and cuts one once so many bytes were sent to the server.
pub fn relay(to: u16, refuse: u32, cut_after: Option<i64>) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicU32::new(0));
    let (seen, left) = (Arc::clone(&connections), Arc::new(AtomicI64::new(cut_after.unwrap_or(i64::MAX))));
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            if seen.fetch_add(1, Ordering::SeqCst) < refuse {
                continue;
            }
            let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || pump(back, forth, None));
            let left = Arc::clone(&left);
            thread::spawn(move || pump(client, server, Some(&left)));
        }
    });
    Relay { port, connections }
}

fn pump(mut from: TcpStream, mut to: TcpStream, left: Option<&AtomicI64>) {
    let mut block = vec![0; 16 * 1024];
    while let Ok(taken) = from.read(&mut block) {
        let before = left.map_or(i64::MAX, |left| left.fetch_sub(taken as i64, Ordering::SeqCst));
        let cut = before >= 0 && before < taken as i64;
        // A part of the block still arrives.
        let sent = if cut { before as usize } else { taken };
        if taken == 0 || to.write_all(&block[..sent]).is_err() || cut {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
