//! The four functions that compiled code calls by name. Small, not fast: what is copied here is small too.

use core::arch::asm;

/// Keeps the compiler from recognising the loop as the very function that it is the body of.
#[inline(always)]
fn not_an_idiom() {
    // SAFETY: no instruction at all.
    unsafe { asm!("", options(nomem, nostack, preserves_flags)) }
}

/// # Safety
///
/// As memcpy(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    let mut at = 0_usize;
    while at < length {
        // SAFETY: `at` is below `length`, for which it is good.
        let byte = unsafe { from.wrapping_add(at).read() };
        // SAFETY: likewise.
        unsafe { to.wrapping_add(at).write(byte) };
        at = at.wrapping_add(1);
        not_an_idiom();
    }
    to
}

/// # Safety
///
/// As memmove(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    if to.cast_const() <= from {
        // SAFETY: copying forwards reads each byte before it is written over.
        return unsafe { memcpy(to, from, length) };
    }
    let mut at = length;
    while at > 0 {
        at = at.wrapping_sub(1);
        // SAFETY: `at` is below `length`, for which it is good.
        let byte = unsafe { from.wrapping_add(at).read() };
        // SAFETY: likewise.
        unsafe { to.wrapping_add(at).write(byte) };
        not_an_idiom();
    }
    to
}

/// # Safety
///
/// As memset(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
    let [low, ..] = byte.to_le_bytes();
    let mut at = 0_usize;
    while at < length {
        // SAFETY: `at` is below `length`, for which `to` is good.
        unsafe { to.wrapping_add(at).write(low) };
        at = at.wrapping_add(1);
        not_an_idiom();
    }
    to
}

/// # Safety
///
/// As memcmp(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    let mut at = 0_usize;
    while at < length {
        // SAFETY: `at` is below `length`, for which it is good.
        let l = unsafe { left.wrapping_add(at).read() };
        // SAFETY: likewise.
        let r = unsafe { right.wrapping_add(at).read() };
        if l != r {
            return i32::from(l).wrapping_sub(i32::from(r));
        }
        at = at.wrapping_add(1);
        not_an_idiom();
    }
    0
}
