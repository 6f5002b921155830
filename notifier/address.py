"""Addresses of subscribers, checked where they enter."""

from __future__ import annotations


def parse_address(text: str) -> str:
    """Return an address in its normal form: the domain in lower case and in ASCII.

    Whether the domain takes mail is not asked: that needs the network and says little. Raises
    ValueError, with what is wrong.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        # Domains such as example.test and localhost are an operator's own affair.
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"not an e-mail address: {text!r} ({error})") from None
    # The ASCII form of a domain reaches receivers that no other form does, and asks less of the
    # relays: where the left side is ASCII too, the whole address needs no SMTPUTF8 (RFC 6531).
    return checked.ascii_email or f"{checked.local_part}@{checked.ascii_domain}"
