//! passwd(5) and group(5), as bytes from anywhere. Nothing is guessed: what is not as it has to be is a fault, and no
//! number that is none becomes one.

use super::spec::id;

/// More than any file has that is no attack.
const LINES_MAX: usize = 1 << 16;

/// What a line of passwd(5) says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) home: Vec<u8>,
    pub(crate) shell: Vec<u8>,
}

/// What is wrong with a file, and in which line, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) why: &'static str,
}

/// The first account of this name, as getpwnam(3) has it.
pub(crate) fn find_user(passwd: &[u8], name: &str) -> Result<Option<Account>, Fault> {
    let Some((line, fields)) = find(passwd, name)? else {
        return Ok(None);
    };
    let [_, _, uid, gid, _, home, shell] = fields[..] else {
        return Err(Fault {
            line,
            why: "it does not have the seven fields of passwd(5)",
        });
    };
    Ok(Some(Account {
        uid: number(line, uid, "its user id is no number from 0 to 4294967294")?,
        gid: number(line, gid, GROUP)?,
        home: home.to_owned(),
        shell: shell.to_owned(),
    }))
}

/// The number of the first group of this name.
pub(crate) fn find_group(group: &[u8], name: &str) -> Result<Option<u32>, Fault> {
    let Some((line, fields)) = find(group, name)? else {
        return Ok(None);
    };
    let [_, _, gid, _] = fields[..] else {
        return Err(Fault { line, why: FOUR });
    };
    number(line, gid, GROUP).map(Some)
}

/// The groups that name this user as a member, each once and in the order of the file.
pub(crate) fn groups_of(group: &[u8], user: &str) -> Result<Vec<u32>, Fault> {
    let mut groups = Vec::new();
    for (line, text) in lines(group)? {
        let fields: Vec<&[u8]> = text.split(|byte| *byte == b':').collect();
        let Some(members) = fields.get(3) else { continue };
        if members
            .split(|byte| *byte == b',')
            .any(|member| member == user.as_bytes())
        {
            let [_, _, gid, _] = fields[..] else {
                return Err(Fault { line, why: FOUR });
            };
            let gid = number(line, gid, GROUP)?;
            if !groups.contains(&gid) {
                groups.push(gid);
            }
        }
    }
    Ok(groups)
}

const GROUP: &str = "its group id is no number from 0 to 4294967294";
const FOUR: &str = "it does not have the four fields of group(5)";

fn number(line: usize, digits: &[u8], why: &'static str) -> Result<u32, Fault> {
    id(digits).ok_or(Fault { line, why })
}

/// The number of a line, and its fields.
type Line<'a> = (usize, Vec<&'a [u8]>);

/// The first line whose first field is `name`.
fn find<'a>(file: &'a [u8], name: &str) -> Result<Option<Line<'a>>, Fault> {
    let mut found = lines(file)?.map(|(line, text)| (line, text.split(|byte| *byte == b':').collect::<Vec<_>>()));
    Ok(found.find(|(_, fields)| fields.first() == Some(&name.as_bytes())))
}

fn lines(file: &[u8]) -> Result<impl Iterator<Item = (usize, &[u8])>, Fault> {
    let lines = || (1..).zip(file.split(|byte| *byte == b'\n'));
    // To others a line would end there, and to others again go on.
    if let Some((line, _)) = lines().find(|(_, text)| text.contains(&0)) {
        return Err(Fault {
            line,
            why: "there is a NUL byte in it",
        });
    }
    match lines().nth(LINES_MAX + 1) {
        None => Ok(lines()),
        Some((line, _)) => Err(Fault {
            line,
            why: "it is one line too many: 65536 can be",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Fault, LINES_MAX, find_group, find_user, groups_of};

    fn account(uid: u32, gid: u32) -> Account {
        Account {
            uid,
            gid,
            home: b"/home/u".to_vec(),
            shell: b"/bin/sh".to_vec(),
        }
    }

    #[test]
    fn the_first_of_a_name_counts() {
        let passwd = b"root:x:0:0:root:/root:/bin/bash\n# a remark\n\nu:x:7:8:a,b,c:/home/u:/bin/sh\nu:x:0:0::/:\n";
        assert_eq!(find_user(passwd, "u"), Ok(Some(account(7, 8))));
        assert_eq!(find_user(passwd, "U"), Ok(None));
        assert_eq!(find_user(passwd, "roo"), Ok(None));
        assert_eq!(find_user(b"", "u"), Ok(None));
        // The last line may lack its end.
        assert_eq!(find_user(b"u:x:7:8::/home/u:/bin/sh", "u"), Ok(Some(account(7, 8))));
    }

    #[test]
    fn no_number_that_is_none_becomes_one() {
        for uid in [
            "",
            "-1",
            "+7",
            " 7",
            "7 ",
            "0x7",
            "4294967295",
            "4294967296",
            "18446744073709551616",
            "7\r",
            "٧",
        ] {
            let line = format!("root:x:0:0:::\nu:x:{uid}:0::/:/bin/sh\n");
            let fault = find_user(line.as_bytes(), "u").expect_err(uid);
            assert_eq!(fault.line, 2, "{uid:?}");
            let line = format!("u:x:7:{uid}::/:/bin/sh\n");
            find_user(line.as_bytes(), "u").expect_err(uid);
            let line = format!("g:x:{uid}:u\n");
            find_group(line.as_bytes(), "g").expect_err(uid);
            groups_of(line.as_bytes(), "u").expect_err(uid);
        }
    }

    #[test]
    fn a_line_has_its_fields() {
        for line in ["u", "u:x:7", "u:x:7:8:", "u:x:7:8::/home", "u:x:7:8::/:/bin/sh:"] {
            assert!(find_user(line.as_bytes(), "u").is_err(), "{line}");
        }
        for line in ["u", "u:x", "u:x:7", "u:x:7:a:b"] {
            assert!(find_group(line.as_bytes(), "u").is_err(), "{line}");
        }
    }

    #[test]
    fn a_nul_spoils_the_file() {
        let fault = find_user(b"a:x:1:1::/:\nu\0:x:0:0::/:\nu:x:7:8::/:\n", "u");
        assert!(matches!(fault, Err(Fault { line: 2, .. })), "{fault:?}");
    }

    #[test]
    fn lines_are_counted() {
        let lines = |count: usize| [b"\n".repeat(count), b"u:x:7:8::/home/u:/bin/sh".to_vec()].concat();
        assert_eq!(find_user(&lines(LINES_MAX), "u"), Ok(Some(account(7, 8))));
        assert!(find_user(&lines(LINES_MAX + 1), "u").is_err());
    }

    #[test]
    fn members_have_their_groups() {
        let group = b"adm:x:4:syslog,u\nu:x:8:\nsudo:x:27:u\nodd:x:99\nuu:x:100:uu\ncopy:x:27:x,u,y\n";
        assert_eq!(groups_of(group, "u"), Ok(vec![4, 27]));
        assert_eq!(groups_of(group, "nobody"), Ok(vec![]));
        assert_eq!(find_group(group, "sudo"), Ok(Some(27)));
        assert_eq!(find_group(group, "wheel"), Ok(None));
    }
}
