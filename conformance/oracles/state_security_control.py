"""State security control (state-security-control), a second implementation from its page: plain values, eight figures of who
asks, more of customers and accounts, funds and credit cards, and no password on what the bank sends."""

from control_channel import Party, Plain

PARTY = Party(
    agency=8,
    coding=Plain(),
    sealed=False,
    replies="CZSBYY",
    customer=(
        "DBRLXDH WYZHM WYBLRQ:M WYKHWD WYKHWDDM WYKHWDSZD SJYHZHM SJYHBLRQ:M SJYHKHWD SJYHKHWDDM SJYHKHWDSZD"
    ),
    account=(
        "DWDH KHWDSZD XHWDDM XHWDSZD YXQ SYBLRQ QYWD SYZZRQ ZHDJ ZHLX ZCWBLX BKSJ BKWD BKWDDM BKWDSZD"
    ),
    lists=(
        "FUNDS(FUND[ZH CPDM CPMC CPLX FE:Y JZ SZ:Y KYFE:Y CLRQ:D DQRQ:D BEIZ]) "
        "CREDITCARDS(CREDITCARD[KH ZH KZT XYED:Y KYED:Y QKJE:Y ZDR:I HKR:I FKRQ:D YXQ:P BEIZ])"
    ),
    frozen="",
)
read, write = PARTY.read, PARTY.write
