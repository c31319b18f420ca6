"""
Pages to be printed on A4: receipts, the one-time notice, the slip for paper on its way.
"""

from gateway.core.printing.page import CSP, Page, html_page
from gateway.core.printing.receipt import Receipt, ReceiptKind, receipt_page

__all__ = ["CSP", "Page", "Receipt", "ReceiptKind", "html_page", "receipt_page"]
