print("hanse")
