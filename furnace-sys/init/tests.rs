//! The two sides against each other, in one process: what the caller encodes, furnace-init's own code reads.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd};

use super::plan::Plan as MappedPlan;
use super::request::{Received, Request as ReadRequest};
use super::syscalls::Errno;
use crate::plan::Plan;
use crate::program::IMAGE;
use crate::request::Request;
use crate::wire::{RequestHeader, Slot, Step, Text};

fn plan() -> Plan {
    let steps = vec![
        Step::Unshare {
            namespaces: 0x0002_0000,
        },
        Step::OpenFs {
            kind: Text(0),
            out: Slot(1),
        },
        Step::MakeMount {
            fs: Slot(1),
            attributes: 3,
            out: Slot(0),
        },
    ];
    Plan {
        steps,
        pid1: 1..2,
        texts: b"proc\0tmpfs\0".to_vec(),
        slots: 2,
        ..Plan::default()
    }
}

#[test]
fn furnace_init_reads_the_plan_that_was_sealed() {
    let plan = plan();
    let sealed = plan.seal().expect("memfd");
    let mapped = MappedPlan::map(sealed.as_fd().as_raw_fd()).expect("it is whole");
    for (index, step) in (0..).zip(&plan.steps) {
        assert_eq!(mapped.step(index), Ok(*step));
    }
    assert_eq!(mapped.step(3), Err(Errno::INVAL));
    assert_eq!(mapped.get(Slot(0)), Err(Errno::BADF));
    assert_eq!(mapped.put(Slot(1), 77), Ok(()));
    assert_eq!(mapped.get(Slot(1)), Ok(77));
    assert_eq!(mapped.put(Slot(2), 77), Err(Errno::INVAL));
    assert!(mapped.text(Text(5)).is_ok());
    assert!(mapped.text(Text(11)).is_err());
    mapped.unmap();
}

#[test]
fn a_plan_whose_texts_do_not_end_is_refused() {
    let sealed = Plan {
        texts: b"proc".to_vec(),
        ..plan()
    }
    .seal()
    .expect("memfd");
    assert!(MappedPlan::map(sealed.as_fd().as_raw_fd()).is_err());
}

fn request() -> Request {
    Request {
        programs: vec![c"/bin/ls".into(), c"/usr/bin/ls".into()],
        arguments: vec![c"ls".into(), c"-l".into(), c"".into()],
        environment: vec![c"A=1".into()],
        directory: Some(c"/tmp".into()),
        groups: Some(vec![4, 5, 6]),
        gid: Some(7),
        uid: Some(8),
        process_group: Some(0),
        new_session: true,
        controlling_terminal: Some(0),
        umask: Some(0o27),
        ignored_signals: 1 << 12 | 1 << 32,
        default_signals: 1 << 63,
        numbers: vec![0, 1, 9],
    }
}

/// The body as the fork server has it: at the beginning of a page.
fn receive(message: &[u8], descriptors: usize) -> Received {
    let mut words = [0; RequestHeader::WORDS];
    for (word, bytes) in words.iter_mut().zip(message.chunks_exact(4)) {
        *word = u32::from_ne_bytes(bytes.try_into().expect("four bytes"));
    }
    let header = RequestHeader::decode(words).expect("any words are a header");
    let body = message[RequestHeader::BYTES..].to_vec().leak();
    Received::for_test(header, body, descriptors)
}

/// # Safety
///
/// `list` must be an array of strings that ends with a null pointer.
unsafe fn strings(mut list: *const u64) -> Vec<CString> {
    let mut all = Vec::new();
    loop {
        // SAFETY: the caller's promise.
        let pointer = unsafe { list.read() };
        if pointer == 0 {
            return all;
        }
        let address = usize::try_from(pointer).expect("64 bits");
        // SAFETY: as above.
        all.push(unsafe { CStr::from_ptr(std::ptr::with_exposed_provenance(address)) }.to_owned());
        list = list.wrapping_add(1);
    }
}

#[test]
fn furnace_init_reads_the_request_that_was_encoded() {
    let request = request();
    let encoded = request.encode().expect("it is small");
    assert!(encoded.memfd.is_none());
    let received = receive(&encoded.message, 3);
    let read = ReadRequest::read(&received).expect("it is whole");
    assert_eq!(
        read.places.iter().map(|place| place.number).collect::<Vec<_>>(),
        [0, 1, 9]
    );
    assert_eq!(read.groups, Some(&[4, 5, 6][..]));
    assert_eq!((read.header.uid, read.header.gid, read.header.new_session), (8, 7, 1));
    assert_eq!(read.header.umask, 0o27);
    assert_eq!(
        (read.header.ignored_signals, read.header.ignored_signals_high),
        (1 << 12, 1)
    );
    assert_eq!(
        (read.header.default_signals, read.header.default_signals_high),
        (0, 1 << 31)
    );
    let lists = [read.programs, read.arguments, read.environment].map(|list| {
        // SAFETY: `read` has just checked them.
        unsafe { strings(list) }
    });
    assert_eq!(lists, [request.programs, request.arguments, request.environment]);
}

#[test]
fn a_large_request_travels_in_a_memfd() {
    let long = CString::new(vec![b'x'; 10_000]).expect("no NUL");
    let encoded = Request {
        arguments: vec![long],
        ..request()
    }
    .encode()
    .expect("memfd");
    assert_eq!(encoded.message.len(), RequestHeader::BYTES);
    assert!(encoded.memfd.is_some());
}

#[test]
fn no_change_of_a_word_makes_furnace_init_read_beyond_the_request() {
    let message = request().encode().expect("it is small").message;
    for index in 0..message.len() / 4 {
        for value in [0, 1, 3, 0x7fff_ffff, u32::MAX - 1, u32::MAX] {
            let mut changed = message.clone();
            changed[index * 4..index * 4 + 4].copy_from_slice(&value.to_ne_bytes());
            let received = receive(&changed, 3);
            if let Ok(read) = ReadRequest::read(&received) {
                let body = received.body_for_test();
                let within = |pointer: *const u64| body.contains(&pointer.addr());
                assert!(within(read.programs) && within(read.arguments) && within(read.environment));
                assert!(read.places.len() <= 3);
            }
        }
    }
}

#[test]
fn the_program_is_small() {
    assert!(IMAGE.starts_with(b"\x7fELF"));
    assert!(IMAGE.len() < 24_576, "furnace-init has grown to {} bytes", IMAGE.len());
}
