//! The checksum of a GPT: CRC-32 as in IEEE 802.3.

const POLYNOMIAL: u32 = 0xedb8_8320;

/// The checksum of each byte.
const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ ((sum & 1) * POLYNOMIAL);
            bit += 1;
        }
        table[byte as usize] = sum;
        byte += 1;
    }
    table
}

#[derive(Clone, Copy, Debug)]
pub(in crate::image) struct Crc32(u32);

impl Crc32 {
    pub(in crate::image) fn new() -> Self {
        Self(!0)
    }

    pub(in crate::image) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let [low, ..] = self.0.to_le_bytes();
            self.0 = (self.0 >> 8) ^ TABLE[usize::from(low ^ byte)];
        }
    }

    pub(in crate::image) fn value(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Crc32;

    #[test]
    fn it_is_the_usual_one() {
        let mut crc = Crc32::new();
        crc.add(b"1234");
        crc.add(b"56789");
        assert_eq!(crc.value(), 0xcbf4_3926);
        assert_eq!(Crc32::new().value(), 0);
    }
}
