-- Makes every reader of every site read its statistics anew.
UPDATE kb_epochs SET epoch = epoch + 1
