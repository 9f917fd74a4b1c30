//! GBK by tables: 47 KiB down, 128 KiB up.

/// Two tables.
pub struct Gbk {
    down: Vec<u16>,
    up: Vec<u16>,
}

const TRAILS: usize = 191;

impl Gbk {
    /// Makes the tables.
    #[must_use]
    pub fn new() -> Self {
        let (mut down, mut up) = (vec![0; 126 * TRAILS], vec![0; 1 << 16]);
        for lead in 0x81..=0xFE_u8 {
            for trail in (0x40..=0xFE_u8).filter(|trail| *trail != 0x7F) {
                let octets = [lead, trail];
                let text = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&octets);
                let mut characters = text.as_deref().unwrap_or_default().chars();
                if let (Some(character), None) = (characters.next(), characters.next())
                    && let Ok(unit) = u16::try_from(u32::from(character))
                {
                    if let Some(place) = down.get_mut(place(lead, trail)) {
                        *place = unit;
                    }
                    up[usize::from(unit)] = u16::from_be_bytes(octets);
                }
            }
        }
        Self { down, up }
    }

    /// Octets as UTF-8, behind what stands there; none if they are no GBK.
    pub fn decode(&self, octets: &[u8], out: &mut String) -> Option<()> {
        let mut rest = octets;
        while let Some(&first) = rest.first() {
            if first < 0x80 {
                let run = rest.iter().position(|octet| *octet >= 0x80).unwrap_or(rest.len());
                let (plain, after) = rest.split_at(run);
                out.push_str(std::str::from_utf8(plain).ok()?);
                rest = after;
                continue;
            }
            let trail = *rest.get(1)?;
            let unit = *self.down.get(place(first, trail))?;
            if unit == 0 {
                return None;
            }
            out.push(char::from_u32(u32::from(unit))?);
            rest = rest.get(2..)?;
        }
        Some(())
    }

    /// A text as GBK, behind what stands there; none for a character that it lacks.
    pub fn encode(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        for character in text.chars() {
            if character.is_ascii() {
                out.push(u8::try_from(u32::from(character)).ok()?);
                continue;
            }
            let pair = *self.up.get(usize::try_from(u32::from(character)).ok()?)?;
            if pair == 0 {
                return None;
            }
            out.extend_from_slice(&pair.to_be_bytes());
        }
        Some(())
    }
}

impl Default for Gbk {
    fn default() -> Self {
        Self::new()
    }
}

fn place(lead: u8, trail: u8) -> usize {
    usize::from(lead.wrapping_sub(0x81)) * TRAILS + usize::from(trail.wrapping_sub(0x40)).min(TRAILS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_go_both_ways() {
        let gbk = Gbk::new();
        let text = "东莞 water 张伟";
        let (octets, ..) = encoding_rs::GBK.encode(text);
        let (mut decoded, mut encoded) = (String::new(), Vec::new());
        gbk.decode(&octets, &mut decoded).unwrap();
        gbk.encode(text, &mut encoded).unwrap();
        assert_eq!((decoded.as_str(), encoded.as_slice()), (text, &*octets));
        assert_eq!(gbk.decode(b"\x81", &mut decoded), None);
        assert_eq!(gbk.decode(b"\xFF\xFF", &mut decoded), None);
    }
}
